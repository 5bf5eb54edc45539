#include "mail/text_marks.hpp"

#include <algorithm>
#include <span>

#include "mail/ascii.hpp"
#include "mail/text_lines.hpp"

namespace mail {
namespace {

constexpr std::size_t kMaxBoilerplate = 200;  // bytes; a longer line is a person's text
constexpr std::size_t kMaxMobileSignature = 120;

constexpr std::string_view kOpeners[] = {
    "On ",   "At ",   "In ",    "Am ",   "Den ",  "Le ",      "El ", "Il ",
    "Em ",   "Op ",   "W dniu", "Dne ",  "Dnia ", "Quoting ", "* ",  "Mon, ",
    "Tue, ", "Wed, ", "Thu, ",  "Fri, ", "Sat, ", "Sun, ",    "В ",  "пн, ",
    "вт, ",  "ср, ",  "чт, ",   "пт, ",  "сб, ",  "вс, ",     "在"};

constexpr std::string_view kWritten[] = {
    "wrote",      "writes",    "said",    "schrieb", "a écrit",      "écrit :",   "escribió",
    "ha scritto", "escreveu",  "schreef", "skrev",   "napisał",      "pisze",     "napsal",
    "píše",       "kirjoitti", "пишет",   "написал", "писал",        "yazdı",     "írta",
    "έγραψε",     "a scris",   "写道",    "寫道",    "のメッセージ", "님이 작성", "va escriure",
    "skrifaði",   "rašė",      "пише"};

constexpr std::string_view kFromFields[] = {"From",   "Von",    "De",        "Da",     "Van",
                                            "Från",   "Fra",    "Lähettäjä", "Od",     "От",
                                            "Від",    "Kimden", "Gönderen",  "Από",    "Feladó",
                                            "発信者", "差出人", "发件人",    "寄件者", "보낸 사람"};

constexpr std::string_view kDateFields[] = {
    "Sent",       "Date",     "Gesendet",   "Datum",     "Envoyé",     "Envoyé le", "Enviado",
    "Enviado el", "Enviada",  "Enviada em", "Fecha",     "Data",       "Inviato",   "Verzonden",
    "Skickat",    "Sendt",    "Dato",       "Lähetetty", "Päivämäärä", "Wysłano",   "Odesláno",
    "Отправлено", "Дата",     "Gönderildi", "Tarih",     "Elküldve",   "Στάλθηκε",  "送信日時",
    "日付",       "发送时间", "日期",       "보낸 날짜"};

constexpr std::string_view kTitles[] = {
    "original message",       "forwarded message",         "ursprüngliche nachricht",
    "originalnachricht",      "weitergeleitete nachricht", "message d'origine",
    "message original",       "message transféré",         "mensaje original",
    "mensaje reenviado",      "messaggio originale",       "messaggio inoltrato",
    "oorspronkelijk bericht", "doorgestuurd bericht",      "mensagem original",
    "mensagem encaminhada",   "ursprungligt meddelande",   "opprinnelig melding",
    "oprindelig meddelelse",  "wiadomość oryginalna",      "původní zpráva",
    "исходное сообщение",     "пересылаемое сообщение",    "原始邮件",
    "転送メッセージ"};

constexpr std::string_view kMobileSignatures[] = {"sent from my ",
                                                  "sent from mail for ",
                                                  "sent from yahoo mail",
                                                  "sent from outlook",
                                                  "sent from samsung",
                                                  "sent via blackberry",
                                                  "sent using ",
                                                  "get outlook for ",
                                                  "envoyé de mon ",
                                                  "envoyé depuis mon ",
                                                  "von meinem ",
                                                  "gesendet von ",
                                                  "enviado desde mi ",
                                                  "enviado do meu ",
                                                  "inviato da iphone",
                                                  "inviato dal mio ",
                                                  "verstuurd vanaf mijn ",
                                                  "skickat från min ",
                                                  "sendt fra min ",
                                                  "lähetetty ",
                                                  "wysłane z ",
                                                  "отправлено с ",
                                                  "发自我的",
                                                  "iphoneから送信",
                                                  "-----begin pgp signed message-----",
                                                  "hash: sha"};

constexpr std::string_view kListFooters[] = {"mailing list", "mailinglist", "unsubscribe",
                                             "listinfo", "list archive"};

constexpr std::string_view kBoilerplate[] = {"in your browser",
                                             "in a browser",
                                             "in browser",
                                             "in web browser",
                                             "view online",
                                             "view it online",
                                             "view as a web page",
                                             "view this email",
                                             "web version",
                                             "online version",
                                             "having trouble viewing",
                                             "having trouble reading",
                                             "problems viewing",
                                             "can't see this",
                                             "cannot see this",
                                             "can't read this",
                                             "not displaying",
                                             "not displayed",
                                             "unsubscribe",
                                             "manage your preferences",
                                             "update your preferences",
                                             "email preferences",
                                             "originated from outside",
                                             "add us to your address book",
                                             "im browser",
                                             "onlineversion",
                                             "webversion",
                                             "online ansehen",
                                             "nicht richtig angezeigt",
                                             "nicht korrekt angezeigt",
                                             "newsletter abbestellen",
                                             "dans votre navigateur",
                                             "version en ligne",
                                             "dans un navigateur",
                                             "désabonner",
                                             "désinscri",
                                             "en tu navegador",
                                             "en su navegador",
                                             "versión online",
                                             "darse de baja",
                                             "cancelar suscripción",
                                             "nel browser",
                                             "nel tuo browser",
                                             "versione online",
                                             "annulla iscrizione",
                                             "no navegador",
                                             "no seu navegador",
                                             "cancelar inscrição",
                                             "in uw browser",
                                             "in je browser",
                                             "online versie",
                                             "uitschrijven",
                                             "i din webbläsare",
                                             "w przeglądarce",
                                             "в браузере",
                                             "отписаться"};

bool begins_with_any(std::string_view text, std::span<const std::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [text](std::string_view beginning) { return text.starts_with(beginning); });
}

bool contains_any(std::string_view text, std::span<const std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [text](std::string_view word) {
    return text.find(word) != std::string_view::npos;
  });
}

// "name:", "name :" or "*name:*", whose name is one of these.
bool is_field(std::string_view content, std::span<const std::string_view> names) {
  constexpr std::size_t kLongestName = 32;
  const auto colon = std::min(content.find(':'), content.find("\xEF\xBC\x9A"));
  if (colon > kLongestName) return false;
  auto name = content.substr(0, colon);
  while (name.starts_with("*")) name.remove_prefix(1);
  while (name.ends_with("*")) name.remove_suffix(1);
  name = trimmed_line(name);
  if (name.ends_with("\xC2\xA0")) name.remove_suffix(2);
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

bool begins_attribution(std::string_view content) {
  return !content.empty() &&
         ((content[0] >= '0' && content[0] <= '9') || begins_with_any(content, kOpeners));
}

bool contains_written(std::string_view text) { return contains_any(text, kWritten); }

bool is_from_field(std::string_view content) { return is_field(content, kFromFields); }

bool is_date_field(std::string_view content) { return is_field(content, kDateFields); }

bool is_title_of_message_below(std::string_view content) {
  if (content == "Begin forwarded message:") return true;
  if (!content.starts_with("--")) return false;
  content.remove_prefix(std::min(content.find_first_not_of('-'), content.size()));
  return begins_with_any(lower_ascii(trimmed_line(content)), kTitles);
}

bool is_mobile_signature(std::string_view content) {
  return content.size() <= kMaxMobileSignature &&
         begins_with_any(lower_ascii(content), kMobileSignatures);
}

bool contains_list_footer(std::string_view text) {
  return contains_any(lower_ascii(text), kListFooters);
}

bool is_boilerplate(std::string_view content) {
  return content.size() <= kMaxBoilerplate && contains_any(lower_ascii(content), kBoilerplate);
}

}  // namespace mail
