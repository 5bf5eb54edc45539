// What random mail is made of: words in several forms each, so that forms find each other.
#pragma once

#include <array>

namespace oracle {

struct Language {
  const char* code;
  std::array<const char*, 8> sentences;
};

inline constexpr std::array<Language, 8> kLanguages = {
    Language{"en",
             {"The monthly reports are ready and the committee is reporting the budget tomorrow "
              "morning.",
              "We travelled to the harbour, and she travels there again because her traveller "
              "friends are waiting.",
              "Please connect the instruments before connecting the cables; the connection was "
              "lost yesterday.",
              "Nobody knows whether the houses near the river were sold or whether this house is "
              "for sale.",
              "He writes letters, she wrote a letter, and they have been writing to each other for "
              "years.",
              "It's a quick decision: deciding early helps everybody who decides what the others "
              "will do.",
              "The cat's toys were lying on the floor while the dogs slept quietly under the "
              "wooden table.",
              "Our engineers tested the new engine, and the tests showed that testing more is "
              "worth the time."}},
    Language{
        "fr",
        {"Les réunions mensuelles sont annulées, mais la réunion générale aura lieu à l'été "
         "prochain.",
         "Nous avons mangé dans un café près de la gare, et les cafés du quartier étaient tous "
         "pleins.",
         "Elle cherche une maison ancienne; les maisons anciennes de cette région coûtent très "
         "cher.",
         "L'élève a écrit une lettre à son père, et les élèves écrivent souvent des lettres à "
         "leurs parents.",
         "Vous pouvez continuer le travail demain, car les travaux continuent pendant toute la "
         "semaine.",
         "Le gouvernement français a décidé que les décisions importantes seraient publiées chaque "
         "mois.",
         "Aujourd'hui il fait froid, mais les journées froides sont rares dans le sud de la "
         "France.",
         "Cœur, sœur et œuvre s'écrivent avec une ligature, ce que beaucoup de gens ont oublié."}},
    Language{
        "de",
        {"Die Häuser am Fluss wurden verkauft, und das alte Haus daneben steht noch immer leer.",
         "Wir haben die Rechnungen bezahlt, aber eine Rechnung über größere Beträge fehlt uns "
         "noch.",
         "Die Straße ist gesperrt, weil die Straßen in der Stadt während des Sommers erneuert "
         "werden.",
         "Er schreibt Briefe, sie schrieb einen Brief, und beide haben sich lange nicht mehr "
         "geschrieben.",
         "Das Mädchen spielte im Garten, während die anderen Kinder in den Gärten der Nachbarn "
         "spielten.",
         "Bitte bestätigen Sie die Bestellung, damit unsere Bestellungen rechtzeitig geliefert "
         "werden können.",
         "Übermäßige Kälte schadet den Bäumen, doch dieser Baum hat schon viele kalte Winter "
         "überstanden.",
         "Die Entscheidungen der Gemeinde sind öffentlich, auch wenn eine Entscheidung umstritten "
         "ist."}},
    Language{
        "ru",
        {"Новые книги лежат на столе, а старая книга осталась в библиотеке до следующей недели.",
         "Мы читали письма вчера вечером, потому что каждое письмо было для нас очень важным.",
         "Мой брат работает на заводе, и работа ему нравится, хотя работать приходится много.",
         "В нашем городе построили новый музей, и города вокруг тоже получили новые здания.",
         "Ёлка стоит в углу, и все дети радуются, когда зажигаются огни на высокой елке.",
         "Завтра будет холодный день, но холодная погода обычно длится у нас недолго.",
         "Учитель спросил ученика, почему ученики опоздали на урок музыки в понедельник.",
         "Она купила красивое платье и красивые туфли для праздника в субботу вечером."}},
    Language{"ja",
             {"明日の会議は東京駅の近くで午後三時から始まりますので、よろしくお願いします。",
              "日本語の本を読むのが好きですが、最近は仕事が忙しくて時間がありません。",
              "新しいコンピューターを買いましたが、使い方がまだよく分かりません。",
              "京都の古いお寺を見に行きましたが、雨が降っていて写真が撮れませんでした。",
              "昨日友達と映画を見て、そのあとレストランで美味しい料理を食べました。",
              "この資料を来週の月曜日までに送ってください。ありがとうございます。",
              "彼女は毎朝六時に起きて、公園を走ってから会社へ行きます。",
              "電車が遅れたので、会議に間に合わないかもしれません。すみません。"}},
    Language{"zh",
             {"明天的会议在北京举行,请大家准时参加,并带好相关的文件和资料。",
              "我们公司正在开发新的软件系统,预计下个月可以完成第一个版本。",
              "他昨天从上海回来,说那里的天气很热,但是食物非常好吃。",
              "这本书是关于中国历史的,内容很丰富,我已经读了一半了。",
              "请把这份报告发给所有的同事,如果有问题请随时联系我们。",
              "学校图书馆每天早上八点开门,学生可以在那里安静地学习。",
              "我们周末要去公园散步,孩子们都很高兴,因为天气会很好。",
              "经济发展需要时间,政府正在采取措施来改善人民的生活。"}},
    Language{
        "tr",
        {"Yeni kitaplar masanın üzerinde duruyor, ama eski kitap hâlâ kütüphanede bekliyor.",
         "Isparta'da hava çok sıcaktı, İstanbul ise her zamanki gibi kalabalık ve güzeldi.",
         "Kardeşim fabrikada çalışıyor ve işini seviyor, çünkü arkadaşları da orada çalışıyorlar.",
         "Evlerin önündeki ağaçlar kesildi, yalnızca bizim evimizin yanındaki ağaç kaldı.",
         "Öğretmen öğrencilere sorular sordu, fakat hiçbir öğrenci doğru cevabı bilmiyordu.",
         "Dün akşam mektupları okuduk, çünkü her mektup bizim için gerçekten çok önemliydi.",
         "Yarın toplantı var, lütfen bütün belgeleri hazırlayın ve toplantıya zamanında gelin.",
         "Işık söndü ve ılık bir rüzgâr açık pencereden içeri doğru esmeye başladı."}},
    Language{"ar",
             {"الكتب الجديدة موجودة على الطاولة، أما الكتاب القديم فقد بقي في المكتبة حتى الأسبوع "
              "القادم.",
              "سافر المدير إلى القاهرة أمس، وسوف يعود إلى المكتب بعد انتهاء الاجتماعات المهمة.",
              "قرأنا الرسائل مساء أمس لأن كل رسالة كانت مهمة جدا بالنسبة لنا جميعا.",
              "يعمل أخي في المصنع، وهو يحب العمل كثيرا مع أن ساعات العمل طويلة.",
              "كَتَبَ الطالبُ درسه في الدفتر، ثم خرج الطلاب إلى الساحة للعب معا.",
              "المدينة القديمة جميلة، والمدن الأخرى في هذه المنطقة لها تاريخ طويل أيضا.",
              "سيكون الطقس باردا غدا، لكن الأيام الباردة قليلة في بلادنا خلال هذه السنة.",
              "اشترت البنت فستانا جميلا وحذاء جديدا من أجل الحفلة مساء يوم السبت."}},
};

}  // namespace oracle
