// What stands in the folder that is given to a friend, in the language of whoever gives it.
import type { Language } from '../contract/settings.ts'

export interface ReadMe {
  readonly about: string
  /** {file} is a file's name. */
  readonly install: string
  readonly askForApp: string
  readonly openInvite: string
  readonly scan: string
  readonly press: string
  readonly alreadyThere: string
  readonly secret: string
  readonly folderTells: string
}

export const READ_ME: Readonly<Record<Language, ReadMe>> = {
  en: {
    about: 'Culvert leads to the open Internet where a network blocks it.',
    install: 'Open the file {file} and install the app.',
    askForApp: 'Ask whoever gave you this for the app.',
    openInvite: 'Open the file {file} with the app.',
    scan: 'Or let the app scan the picture {file}.',
    press: 'Press the large button.',
    alreadyThere: 'If you have the app already, open {file} in it: it checks that the new version is genuine before it installs it.',
    secret:
      'The invite is a secret. Whoever has it knows the address of the relay and may use it; if a censor gets it, everyone who uses this relay may be blocked. Give it only to people you trust.',
    folderTells: 'Whoever finds this folder learns that you use Culvert. Delete it when you are done.',
  },
  fa: {
    about: 'کالورت جایی که شبکه بسته است راهی به اینترنت آزاد باز می‌کند.',
    install: 'پروندهٔ {file} را باز کنید و برنامه را نصب کنید.',
    askForApp: 'برنامه را از کسی که این را به شما داده است بخواهید.',
    openInvite: 'پروندهٔ {file} را با برنامه باز کنید.',
    scan: 'یا بگذارید برنامه تصویر {file} را اسکن کند.',
    press: 'دکمهٔ بزرگ را فشار دهید.',
    alreadyThere: 'اگر برنامه را از پیش دارید، {file} را در آن باز کنید: برنامه پیش از نصب بررسی می‌کند که نسخهٔ تازه اصیل باشد.',
    secret:
      'دعوت‌نامه یک راز است. هر کس آن را داشته باشد نشانی رله را می‌داند و می‌تواند از آن استفاده کند؛ اگر به دست سانسورگر بیفتد، ممکن است همهٔ کاربران این رله مسدود شوند. آن را فقط به کسانی بدهید که به آن‌ها اعتماد دارید.',
    folderTells: 'هر کس این پوشه را پیدا کند می‌فهمد که شما از کالورت استفاده می‌کنید. پس از پایان کار آن را پاک کنید.',
  },
  ar: {
    about: 'يفتح كالفرت طريقًا إلى الإنترنت الحر حيث تحجبه الشبكة.',
    install: 'افتح الملف {file} وثبّت التطبيق.',
    askForApp: 'اطلب التطبيق ممن أعطاك هذا.',
    openInvite: 'افتح الملف {file} بالتطبيق.',
    scan: 'أو دع التطبيق يمسح الصورة {file}.',
    press: 'اضغط الزر الكبير.',
    alreadyThere: 'إن كان التطبيق لديك فافتح {file} فيه: يتحقق من أن الإصدار الجديد أصلي قبل أن يثبّته.',
    secret:
      'الدعوة سر. من يملكها يعرف عنوان المُرحِّل ويمكنه استخدامه؛ وإن وقعت في يد الرقيب فقد يُحجب كل من يستخدم هذا المُرحِّل. لا تعطها إلا لمن تثق بهم.',
    folderTells: 'من يجد هذا المجلد يعرف أنك تستخدم كالفرت. احذفه عندما تنتهي.',
  },
  ru: {
    about: 'Culvert открывает путь в свободный интернет там, где сеть его блокирует.',
    install: 'Откройте файл {file} и установите приложение.',
    askForApp: 'Попросите приложение у того, кто дал вам эту папку.',
    openInvite: 'Откройте файл {file} в приложении.',
    scan: 'Или дайте приложению отсканировать картинку {file}.',
    press: 'Нажмите большую кнопку.',
    alreadyThere: 'Если приложение у вас уже есть, откройте в нём {file}: перед установкой оно проверит, что новая версия подлинная.',
    secret:
      'Приглашение — это секрет. У кого оно есть, тот знает адрес реле и может им пользоваться; если оно попадёт к цензору, могут заблокировать всех, кто пользуется этим реле. Давайте его только тем, кому доверяете.',
    folderTells: 'Кто найдёт эту папку, узнает, что вы пользуетесь Culvert. Удалите её, когда закончите.',
  },
  zh: {
    about: '当网络封锁互联网时，Culvert 为您打开通往自由互联网的路。',
    install: '打开文件 {file} 并安装应用。',
    askForApp: '向给您这个文件夹的人索取应用。',
    openInvite: '用应用打开文件 {file}。',
    scan: '或者让应用扫描图片 {file}。',
    press: '按下大按钮。',
    alreadyThere: '如果您已有此应用，请在其中打开 {file}：安装新版本之前，应用会检查它是否真实。',
    secret:
      '邀请是秘密。拥有它的人知道中继的地址并可以使用它；如果落入审查者手中，使用这个中继的所有人都可能被封锁。只把它交给您信任的人。',
    folderTells: '发现此文件夹的人会知道您在使用 Culvert。用完后请删除它。',
  },
  my: {
    about: 'ကွန်ရက်က ပိတ်ဆို့ထားသည့်နေရာတွင် Culvert က လွတ်လပ်သော အင်တာနက်သို့ လမ်းဖွင့်ပေးသည်။',
    install: '{file} ဖိုင်ကို ဖွင့်ပြီး အက်ပ်ကို ထည့်သွင်းပါ။',
    askForApp: 'ဤအရာကို ပေးသူထံမှ အက်ပ်ကို တောင်းပါ။',
    openInvite: '{file} ဖိုင်ကို အက်ပ်ဖြင့် ဖွင့်ပါ။',
    scan: 'သို့မဟုတ် {file} ပုံကို အက်ပ်ဖြင့် စကင်ဖတ်ပါ။',
    press: 'ခလုတ်ကြီးကို နှိပ်ပါ။',
    alreadyThere: 'အက်ပ် ရှိပြီးသားဆိုလျှင် {file} ကို ၎င်းထဲတွင် ဖွင့်ပါ။ ဗားရှင်းအသစ် အစစ်အမှန် ဟုတ်မဟုတ် စစ်ပြီးမှ ထည့်သွင်းသည်။',
    secret:
      'ဖိတ်စာသည် လျှို့ဝှက်ချက်ဖြစ်သည်။ ၎င်းကို ရရှိသူသည် ရီလေး၏ လိပ်စာကို သိပြီး အသုံးပြုနိုင်သည်။ ဆင်ဆာလုပ်သူ လက်ထဲ ရောက်လျှင် ဤရီလေးကို သုံးသူအားလုံး ပိတ်ဆို့ခံရနိုင်သည်။ ယုံကြည်ရသူများကိုသာ ပေးပါ။',
    folderTells: 'ဤဖိုင်တွဲကို တွေ့သူသည် သင် Culvert သုံးကြောင်း သိမည်။ ပြီးလျှင် ဖျက်ပစ်ပါ။',
  },
  tr: {
    about: 'Culvert, ağın engellediği yerde özgür internete yol açar.',
    install: '{file} dosyasını açıp uygulamayı kurun.',
    askForApp: 'Uygulamayı bunu size veren kişiden isteyin.',
    openInvite: '{file} dosyasını uygulamayla açın.',
    scan: 'Ya da uygulamanın {file} resmini taramasını sağlayın.',
    press: 'Büyük düğmeye basın.',
    alreadyThere: 'Uygulama sizde varsa {file} dosyasını onunla açın: yeni sürümü kurmadan önce gerçek olup olmadığını denetler.',
    secret:
      'Davet bir sırdır. Ona sahip olan, aktarıcının adresini bilir ve onu kullanabilir; bir sansürcünün eline geçerse bu aktarıcıyı kullanan herkes engellenebilir. Yalnızca güvendiğiniz kişilere verin.',
    folderTells: 'Bu klasörü bulan, Culvert kullandığınızı öğrenir. İşiniz bitince silin.',
  },
  es: {
    about: 'Culvert abre un camino a la Internet libre donde una red la bloquea.',
    install: 'Abra el archivo {file} e instale la aplicación.',
    askForApp: 'Pida la aplicación a quien le dio esto.',
    openInvite: 'Abra el archivo {file} con la aplicación.',
    scan: 'O deje que la aplicación escanee la imagen {file}.',
    press: 'Pulse el botón grande.',
    alreadyThere: 'Si ya tiene la aplicación, abra {file} en ella: comprueba que la versión nueva es auténtica antes de instalarla.',
    secret:
      'La invitación es un secreto. Quien la tiene conoce la dirección del repetidor y puede usarlo; si llega a un censor, pueden bloquear a todos los que usan este repetidor. Désela solo a personas de confianza.',
    folderTells: 'Quien encuentre esta carpeta sabrá que usted usa Culvert. Bórrela cuando termine.',
  },
  fr: {
    about: 'Culvert ouvre un chemin vers l’Internet libre là où un réseau le bloque.',
    install: 'Ouvrez le fichier {file} et installez l’application.',
    askForApp: 'Demandez l’application à la personne qui vous a donné ceci.',
    openInvite: 'Ouvrez le fichier {file} avec l’application.',
    scan: 'Ou laissez l’application scanner l’image {file}.',
    press: 'Appuyez sur le grand bouton.',
    alreadyThere:
      'Si vous avez déjà l’application, ouvrez-y {file} : elle vérifie que la nouvelle version est authentique avant de l’installer.',
    secret:
      'L’invitation est un secret. Qui la possède connaît l’adresse du relais et peut s’en servir ; si un censeur l’obtient, tous ceux qui utilisent ce relais peuvent être bloqués. Ne la donnez qu’à des personnes de confiance.',
    folderTells: 'Qui trouve ce dossier apprend que vous utilisez Culvert. Supprimez-le quand vous avez fini.',
  },
}
