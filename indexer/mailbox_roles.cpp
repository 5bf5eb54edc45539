#include "indexer/mailbox_roles.hpp"

#include <algorithm>
#include <array>

#include "indexer/unicode.hpp"
#include "mail/ascii.hpp"

namespace indexer {
namespace {

struct RoleOfName {
  std::string_view name;  // as folded_name gives it
  std::string_view role;
};
constexpr RoleOfName kRoleOfName[] = {
    // English
    {"inbox", "inbox"},
    {"drafts", "drafts"},
    {"draft", "drafts"},
    {"sent", "sent"},
    {"sent-items", "sent"},
    {"sent-mail", "sent"},
    {"sent-messages", "sent"},
    {"archive", "archive"},
    {"archives", "archive"},
    {"junk", "junk"},
    {"junk-mail", "junk"},
    {"junk-e-mail", "junk"},
    {"junk-email", "junk"},
    {"spam", "junk"},
    {"trash", "trash"},
    {"deleted-items", "trash"},
    {"deleted-messages", "trash"},
    // German
    {"posteingang", "inbox"},
    {"entwürfe", "drafts"},
    {"gesendet", "sent"},
    {"gesendete-elemente", "sent"},
    {"gesendete-nachrichten", "sent"},
    {"gesendete-objekte", "sent"},
    {"archiv", "archive"},
    {"unerwünscht", "junk"},
    {"papierkorb", "trash"},
    {"gelöscht", "trash"},
    {"gelöschte-elemente", "trash"},
    {"gelöschte-nachrichten", "trash"},
    {"gelöschte-objekte", "trash"},
    // French
    {"boîte-de-réception", "inbox"},
    {"courrier-entrant", "inbox"},
    {"brouillons", "drafts"},
    {"envoyé", "sent"},
    {"envoyés", "sent"},
    {"éléments-envoyés", "sent"},
    {"messages-envoyés", "sent"},
    {"courrier-indésirable", "junk"},
    {"indésirables", "junk"},
    {"pourriel", "junk"},
    {"corbeille", "trash"},
    {"éléments-supprimés", "trash"},
    {"messages-supprimés", "trash"},
    // Spanish
    {"bandeja-de-entrada", "inbox"},
    {"recibidos", "inbox"},
    {"borradores", "drafts"},
    {"enviados", "sent"},
    {"elementos-enviados", "sent"},
    {"correo-enviado", "sent"},
    {"mensajes-enviados", "sent"},
    {"archivo", "archive"},
    {"correo-no-deseado", "junk"},
    {"correo-electrónico-no-deseado", "junk"},
    {"correo-basura", "junk"},
    {"papelera", "trash"},
    {"elementos-eliminados", "trash"},
    {"eliminados", "trash"},
    // Italian
    {"posta-in-arrivo", "inbox"},
    {"bozze", "drafts"},
    {"inviata", "sent"},
    {"inviati", "sent"},
    {"posta-inviata", "sent"},
    {"messaggi-inviati", "sent"},
    {"archivio", "archive"},
    {"posta-indesiderata", "junk"},
    {"indesiderata", "junk"},
    {"cestino", "trash"},
    {"posta-eliminata", "trash"},
    {"elementi-eliminati", "trash"},
    // Portuguese
    {"caixa-de-entrada", "inbox"},
    {"rascunhos", "drafts"},
    {"enviadas", "sent"},
    {"itens-enviados", "sent"},
    {"e-mails-enviados", "sent"},
    {"mensagens-enviadas", "sent"},
    {"correio-enviado", "sent"},
    {"arquivo", "archive"},
    {"arquivo-morto", "archive"},
    {"lixo-eletrônico", "junk"},
    {"lixo-eletrónico", "junk"},
    {"lixeira", "trash"},
    {"lixo", "trash"},
    {"itens-excluídos", "trash"},
    {"itens-eliminados", "trash"},
    // Dutch
    {"postvak-in", "inbox"},
    {"concepten", "drafts"},
    {"verzonden", "sent"},
    {"verzonden-items", "sent"},
    {"verzonden-berichten", "sent"},
    {"archief", "archive"},
    {"ongewenst", "junk"},
    {"ongewenste-e-mail", "junk"},
    {"prullenbak", "trash"},
    {"verwijderde-items", "trash"},
    {"verwijderde-berichten", "trash"},
    // Polish
    {"odebrane", "inbox"},
    {"skrzynka-odbiorcza", "inbox"},
    {"kopie-robocze", "drafts"},
    {"szkice", "drafts"},
    {"wersje-robocze", "drafts"},
    {"wysłane", "sent"},
    {"elementy-wysłane", "sent"},
    {"archiwum", "archive"},
    {"niechciane", "junk"},
    {"wiadomości-śmieci", "junk"},
    {"kosz", "trash"},
    {"elementy-usunięte", "trash"},
    // Russian
    {"входящие", "inbox"},
    {"черновики", "drafts"},
    {"отправленные", "sent"},
    {"архив", "archive"},
    {"архивы", "archive"},
    {"спам", "junk"},
    {"нежелательная-почта", "junk"},
    {"корзина", "trash"},
    {"удалённые", "trash"},
    {"удаленные", "trash"},
    // Swedish
    {"inkorg", "inbox"},
    {"inkorgen", "inbox"},
    {"utkast", "drafts"},
    {"skickat", "sent"},
    {"skickade", "sent"},
    {"skickade-objekt", "sent"},
    {"skickade-meddelanden", "sent"},
    {"arkiv", "archive"},
    {"skräppost", "junk"},
    {"papperskorg", "trash"},
    {"papperskorgen", "trash"},
    {"borttaget", "trash"},
    {"borttagna-objekt", "trash"},
    // Danish and Norwegian
    {"indbakke", "inbox"},
    {"innboks", "inbox"},
    {"kladder", "drafts"},
    {"sendt", "sent"},
    {"sendt-post", "sent"},
    {"sendte-elementer", "sent"},
    {"arkiver", "archive"},
    {"uønsket-mail", "junk"},
    {"uønsket-post", "junk"},
    {"søppelpost", "junk"},
    {"papirkurv", "trash"},
    {"slettet-post", "trash"},
    {"slettede-elementer", "trash"},
    // Finnish
    {"saapuneet", "inbox"},
    {"luonnokset", "drafts"},
    {"lähetetyt", "sent"},
    {"arkisto", "archive"},
    {"arkistot", "archive"},
    {"roskaposti", "junk"},
    {"roskakori", "trash"},
    {"poistetut", "trash"},
    // Japanese
    {"受信トレイ", "inbox"},
    {"下書き", "drafts"},
    {"送信済み", "sent"},
    {"送信済みアイテム", "sent"},
    {"送信済みトレイ", "sent"},
    {"送信済みメール", "sent"},
    {"アーカイブ", "archive"},
    {"迷惑メール", "junk"},
    {"ゴミ箱", "trash"},
    {"ごみ箱", "trash"},
    {"削除済みアイテム", "trash"},
    // Chinese
    {"收件箱", "inbox"},
    {"收件匣", "inbox"},
    {"草稿", "drafts"},
    {"草稿箱", "drafts"},
    {"草稿匣", "drafts"},
    {"已发送", "sent"},
    {"已发送邮件", "sent"},
    {"已发邮件", "sent"},
    {"寄件備份", "sent"},
    {"已傳送郵件", "sent"},
    {"存档", "archive"},
    {"归档", "archive"},
    {"封存", "archive"},
    {"垃圾邮件", "junk"},
    {"垃圾郵件", "junk"},
    {"已删除", "trash"},
    {"已删除邮件", "trash"},
    {"回收站", "trash"},
    {"刪除的郵件", "trash"},
    {"垃圾桶", "trash"},
};

}  // namespace

std::string_view role_of_name(std::string_view name) {
  for (const std::string_view above : {"[Gmail]/", "[Google Mail]/"}) {
    if (name.starts_with(above)) name.remove_prefix(above.size());
  }
  const std::string folded = folded_name(name);
  const auto* const known =
      std::find_if(std::begin(kRoleOfName), std::end(kRoleOfName),
                   [&](const RoleOfName& each) { return each.name == folded; });
  return known == std::end(kRoleOfName) ? std::string_view() : known->role;
}

std::string folded_name(std::string_view name) {
  const auto mapped =
      map_unicode(name, UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
  std::string folded;
  for (const char c : mapped.value_or(std::string(name))) {
    if (!mail::is_ascii(c) || mail::is_letter(c) || mail::is_digit(c)) {
      folded += c;
    } else if (!folded.empty() && folded.back() != '-') {
      folded += '-';
    }
  }
  if (folded.ends_with('-')) folded.pop_back();
  return folded;
}

}  // namespace indexer
