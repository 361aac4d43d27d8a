// The shell's own words, for what is said outside the window: tray, menus, notifications. Those of the screens are the screens'.
import { LANGUAGES, type Language, type Settings } from '../contract/settings.ts'
import type { Notification } from '../contract/shell.ts'

type Code = Notification['code']
type Key =
  | 'open'
  | 'connect'
  | 'disconnect'
  | 'cancel'
  | 'repair'
  | 'quit'
  | 'cut'
  | 'copy'
  | 'paste'
  | 'selectAll'
  | 'stateOff'
  | 'stateConnecting'
  | 'stateConnected'
  | 'stateRecovering'
  | 'stateWaiting'
  | 'stateRefusing'
  | 'discreet'
export type Words = Readonly<Record<Key | Code, string>>

/** In the order of `KEYS`. */
const TABLE: Readonly<Record<Language, readonly string[]>> = {
  en: [
    ...['Open Culvert', 'Connect', 'Disconnect', 'Cancel', 'Repair my Internet', 'Quit', 'Cut', 'Copy', 'Paste', 'Select all'],
    ...['Not connected', 'Connecting …', 'Connected', 'Finding another way …', 'No way works now. It is tried again.', 'Nothing goes out.'],
    'There is something to know.',
    ...['Connected.', 'The connection is lost. Another way is being looked for.', 'Connected again.', 'An update is ready.'],
    'Culvert stays connected while its window is closed. You find it in the tray; to end it, choose Quit there.',
    ...['The engine stopped and was started again.', 'Culvert ended without warning last time. What it had changed was put back.'],
    ...['Your Internet settings are as they were before Culvert.', 'A local port was taken, so another one is used.'],
    ...['What was stored can’t be read any more.', 'Nothing could be stored: is the disk full, or the folder another user’s?'],
    ...['The system’s proxy could not be set.', 'Nothing goes out until Culvert is connected, or you switch this off.'],
    'Another program changed the proxy: programs no longer use Culvert.',
  ],
  fa: [
    ...['باز کردن Culvert', 'اتصال', 'قطع اتصال', 'لغو', 'تعمیر اینترنت من', 'خروج', 'بریدن', 'رونوشت', 'چسباندن', 'انتخاب همه'],
    ...[
      'متصل نیست',
      'در حال اتصال …',
      'متصل',
      'در حال یافتن راهی دیگر …',
      'اکنون هیچ راهی کار نمی‌کند. دوباره تلاش می‌شود.',
      'هیچ چیز بیرون نمی‌رود.',
    ],
    'نکته‌ای برای دانستن هست.',
    ...['متصل شد.', 'اتصال از دست رفت. راه دیگری جست‌وجو می‌شود.', 'دوباره متصل شد.', 'به‌روزرسانی آماده است.'],
    'با بستن پنجره، Culvert متصل می‌ماند. آن را در سینی سیستم می‌یابید؛ برای پایان دادن، آن‌جا «خروج» را بزنید.',
    ...['موتور متوقف شد و دوباره راه افتاد.', 'بار پیش Culvert ناگهان بسته شد. آنچه تغییر داده بود به حال پیشین برگشت.'],
    ...['تنظیمات اینترنت شما همان است که پیش از Culvert بود.', 'یک درگاه محلی اشغال بود، پس درگاه دیگری به کار می‌رود.'],
    ...['آنچه ذخیره شده بود دیگر خوانده نمی‌شود.', 'چیزی ذخیره نشد: آیا دیسک پر است، یا پوشه از آنِ کاربر دیگری است؟'],
    ...['پراکسی سیستم تنظیم نشد.', 'تا Culvert متصل نشود یا این را خاموش نکنید، هیچ چیز بیرون نمی‌رود.'],
    'برنامهٔ دیگری پراکسی را تغییر داد: برنامه‌ها دیگر از Culvert نمی‌روند.',
  ],
  ar: [
    ...['فتح Culvert', 'اتصال', 'قطع الاتصال', 'إلغاء', 'إصلاح الإنترنت لدي', 'إنهاء', 'قص', 'نسخ', 'لصق', 'تحديد الكل'],
    ...['غير متصل', 'جارٍ الاتصال …', 'متصل', 'البحث عن طريق آخر …', 'لا طريق يعمل الآن. ستُعاد المحاولة.', 'لا شيء يخرج.'],
    'هناك ما يستحق أن تعرفه.',
    ...['تم الاتصال.', 'انقطع الاتصال. يجري البحث عن طريق آخر.', 'عاد الاتصال.', 'هناك تحديث جاهز.'],
    'يبقى Culvert متصلاً بعد إغلاق نافذته. تجده في شريط النظام، ولإنهائه اختر «إنهاء» هناك.',
    ...['توقف المحرك وأُعيد تشغيله.', 'أُغلق Culvert فجأة في المرة الماضية. أُعيد ما غيّره إلى ما كان عليه.'],
    ...['إعدادات الإنترنت لديك كما كانت قبل Culvert.', 'كان أحد المنافذ المحلية مشغولاً، فاستُخدم منفذ آخر.'],
    ...['لم يعد بالإمكان قراءة ما تم حفظه.', 'تعذّر الحفظ: هل القرص ممتلئ، أم أن المجلد لمستخدم آخر؟'],
    ...['تعذّر ضبط وكيل النظام.', 'لا شيء يخرج حتى يتصل Culvert أو توقف أنت هذا الخيار.'],
    'غيّر برنامج آخر الوكيل: لم تعد البرامج تمر عبر Culvert.',
  ],
  ru: [
    ...['Открыть Culvert', 'Подключиться', 'Отключиться', 'Отмена', 'Починить мой интернет', 'Выйти'],
    ...['Вырезать', 'Копировать', 'Вставить', 'Выбрать всё'],
    ...['Не подключено', 'Подключение …', 'Подключено', 'Поиск другого пути …', 'Сейчас ни один путь не работает. Попытка повторится.'],
    'Наружу ничего не выходит.',
    'Есть новость.',
    ...['Подключено.', 'Связь потеряна. Ищется другой путь.', 'Снова подключено.', 'Обновление готово.'],
    'Culvert остаётся подключённым, когда окно закрыто. Его значок в области уведомлений; чтобы завершить, выберите там «Выйти».',
    ...['Движок остановился и запущен снова.', 'В прошлый раз Culvert завершился внезапно. То, что он изменил, возвращено.'],
    ...['Настройки интернета такие же, как до Culvert.', 'Локальный порт был занят, используется другой.'],
    ...['Сохранённое больше нельзя прочитать.', 'Сохранить не удалось: диск заполнен или папка принадлежит другому пользователю?'],
    ...['Системный прокси не удалось настроить.', 'Наружу ничего не выходит, пока Culvert не подключён или вы это не выключите.'],
    'Другая программа изменила прокси: программы больше не идут через Culvert.',
  ],
  zh: [
    ...['打开 Culvert', '连接', '断开', '取消', '修复我的网络', '退出', '剪切', '复制', '粘贴', '全选'],
    ...['未连接', '正在连接……', '已连接', '正在寻找其他通路……', '目前没有可用的通路，会再次尝试。', '没有任何流量外出。'],
    '有一条消息。',
    ...['已连接。', '连接已断开，正在寻找其他通路。', '已重新连接。', '更新已准备好。'],
    '关闭窗口后 Culvert 仍保持连接。可在系统托盘中找到它；要结束，请在那里选择“退出”。',
    ...['引擎停止后已重新启动。', 'Culvert 上次意外结束，它所做的更改已恢复。'],
    ...['网络设置已恢复到使用 Culvert 之前的状态。', '某个本地端口被占用，已改用另一个。'],
    ...['保存的内容无法再读取。', '无法保存：磁盘是否已满，或文件夹属于其他用户？'],
    ...['无法设置系统代理。', '在 Culvert 连接或你关闭此选项之前，没有任何流量外出。'],
    '另一个程序更改了代理：程序不再经过 Culvert。',
  ],
  my: [
    ...['Culvert ကိုဖွင့်ရန်', 'ချိတ်ဆက်ရန်', 'ဖြုတ်ရန်', 'ပယ်ဖျက်ရန်', 'ကျွန်ုပ်၏အင်တာနက်ကို ပြင်ရန်', 'ထွက်ရန်'],
    ...['ဖြတ်ရန်', 'ကူးယူရန်', 'ကူးထည့်ရန်', 'အားလုံးရွေးရန်'],
    ...['မချိတ်ဆက်ရသေးပါ', 'ချိတ်ဆက်နေသည် …', 'ချိတ်ဆက်ပြီး', 'အခြားလမ်းကို ရှာနေသည် …', 'ယခု မည်သည့်လမ်းမှ အလုပ်မလုပ်ပါ။ ထပ်ကြိုးစားပါမည်။'],
    'ဘာမှ အပြင်သို့ မထွက်ပါ။',
    'သိထားစရာ တစ်ခုရှိသည်။',
    ...['ချိတ်ဆက်ပြီးပါပြီ။', 'ချိတ်ဆက်မှု ပြတ်သွားသည်။ အခြားလမ်းကို ရှာနေသည်။', 'ပြန်လည်ချိတ်ဆက်ပြီးပါပြီ။', 'အပ်ဒိတ် အဆင်သင့်ဖြစ်ပါပြီ။'],
    'ဝင်းဒိုးပိတ်ထားလည်း Culvert ချိတ်ဆက်ထားဆဲဖြစ်သည်။ စနစ်ဗန်းတွင် တွေ့နိုင်ပြီး အဆုံးသတ်ရန် ထိုနေရာ၌ “ထွက်ရန်” ကိုရွေးပါ။',
    ...['အင်ဂျင် ရပ်သွားပြီး ပြန်စထားသည်။', 'ယခင်အကြိမ် Culvert ရုတ်တရက် ပိတ်သွားခဲ့သည်။ ပြောင်းထားသမျှကို ပြန်ထားပြီးပါပြီ။'],
    ...['သင့်အင်တာနက်ဆက်တင်များသည် Culvert မတိုင်မီကအတိုင်း ဖြစ်သည်။', 'ပို့တ်တစ်ခု အသုံးပြုနေသဖြင့် အခြားတစ်ခုကို သုံးသည်။'],
    ...['သိမ်းထားသည်များကို ဖတ်၍မရတော့ပါ။', 'မသိမ်းနိုင်ပါ။ ဒစ်ခ် ပြည့်နေသလား၊ သို့မဟုတ် ဖိုင်တွဲသည် အခြားသုံးစွဲသူ၏ ဖြစ်သလား။'],
    ...['စနစ်၏ ပရောက်စီကို သတ်မှတ်၍မရပါ။', 'Culvert မချိတ်ဆက်မချင်း သို့မဟုတ် ဤအရာကို မပိတ်မချင်း ဘာမှ အပြင်သို့ မထွက်ပါ။'],
    'အခြားပရိုဂရမ်က ပရောက်စီကို ပြောင်းလိုက်သည်။ ပရိုဂရမ်များ Culvert ကို မသုံးတော့ပါ။',
  ],
  tr: [
    ...['Culvert’ı aç', 'Bağlan', 'Bağlantıyı kes', 'Vazgeç', 'İnternetimi onar', 'Çık', 'Kes', 'Kopyala', 'Yapıştır', 'Tümünü seç'],
    ...[
      'Bağlı değil',
      'Bağlanıyor …',
      'Bağlı',
      'Başka bir yol aranıyor …',
      'Şu an hiçbir yol çalışmıyor. Yeniden denenecek.',
      'Dışarı hiçbir şey çıkmıyor.',
    ],
    'Bilmeniz gereken bir şey var.',
    ...['Bağlandı.', 'Bağlantı koptu. Başka bir yol aranıyor.', 'Yeniden bağlandı.', 'Güncelleme hazır.'],
    'Pencere kapalıyken Culvert bağlı kalır. Onu sistem tepsisinde bulursunuz; bitirmek için orada Çık’ı seçin.',
    ...['Motor durdu ve yeniden başlatıldı.', 'Culvert geçen sefer aniden kapandı. Değiştirdikleri geri alındı.'],
    ...['İnternet ayarlarınız Culvert’tan önceki gibi.', 'Bir yerel bağlantı noktası doluydu, başka biri kullanılıyor.'],
    ...['Saklananlar artık okunamıyor.', 'Hiçbir şey saklanamadı: disk dolu mu, yoksa klasör başka bir kullanıcının mı?'],
    ...['Sistem vekil sunucusu ayarlanamadı.', 'Culvert bağlanana ya da siz bunu kapatana dek dışarı hiçbir şey çıkmaz.'],
    'Başka bir program vekil sunucuyu değiştirdi: Programlar artık Culvert’tan geçmiyor.',
  ],
  es: [
    ...[
      'Abrir Culvert',
      'Conectar',
      'Desconectar',
      'Cancelar',
      'Reparar mi Internet',
      'Salir',
      'Cortar',
      'Copiar',
      'Pegar',
      'Seleccionar todo',
    ],
    ...[
      'Sin conexión',
      'Conectando …',
      'Conectado',
      'Buscando otro camino …',
      'Ahora no funciona ningún camino. Se volverá a intentar.',
      'No sale nada.',
    ],
    'Hay algo que saber.',
    ...['Conectado.', 'Se perdió la conexión. Se busca otro camino.', 'Conectado de nuevo.', 'Hay una actualización lista.'],
    'Culvert sigue conectado con la ventana cerrada. Está en la bandeja del sistema; para terminarlo, elija Salir allí.',
    ...['El motor se detuvo y se inició de nuevo.', 'Culvert terminó sin aviso la última vez. Lo que había cambiado se restableció.'],
    ...['Su configuración de Internet está como antes de Culvert.', 'Un puerto local estaba ocupado, así que se usa otro.'],
    ...['Lo guardado ya no se puede leer.', 'No se pudo guardar nada: ¿está lleno el disco, o la carpeta es de otro usuario?'],
    ...['No se pudo configurar el proxy del sistema.', 'No sale nada hasta que Culvert se conecte o usted lo desactive.'],
    'Otro programa cambió el proxy: sus programas ya no pasan por Culvert.',
  ],
  fr: [
    ...[
      'Ouvrir Culvert',
      'Se connecter',
      'Se déconnecter',
      'Annuler',
      'Réparer mon Internet',
      'Quitter',
      'Couper',
      'Copier',
      'Coller',
      'Tout sélectionner',
    ],
    ...[
      'Non connecté',
      'Connexion …',
      'Connecté',
      'Recherche d’un autre chemin …',
      'Aucun chemin ne marche pour l’instant. Nouvel essai bientôt.',
      'Rien ne sort.',
    ],
    'Il y a du nouveau.',
    ...['Connecté.', 'La connexion est perdue. Un autre chemin est recherché.', 'De nouveau connecté.', 'Une mise à jour est prête.'],
    'Culvert reste connecté quand sa fenêtre est fermée. Il est dans la zone de notification ; pour l’arrêter, choisissez-y Quitter.',
    ...[
      'Le moteur s’est arrêté et a été relancé.',
      'Culvert s’est terminé brusquement la dernière fois. Ce qu’il avait changé a été rétabli.',
    ],
    ...['Vos réglages Internet sont ceux d’avant Culvert.', 'Un port local était pris, un autre est utilisé.'],
    ...[
      'Ce qui était enregistré n’est plus lisible.',
      'Rien n’a pu être enregistré : le disque est-il plein, ou le dossier à un autre utilisateur ?',
    ],
    ...[
      'Le proxy du système n’a pas pu être réglé.',
      'Rien ne sort tant que Culvert n’est pas connecté ou que vous ne l’avez pas désactivé.',
    ],
    'Un autre programme a changé le proxy : vos programmes ne passent plus par Culvert.',
  ],
}

const KEYS: readonly (Key | Code)[] = [
  ...(['open', 'connect', 'disconnect', 'cancel', 'repair', 'quit', 'cut', 'copy', 'paste', 'selectAll'] as const),
  ...(['stateOff', 'stateConnecting', 'stateConnected', 'stateRecovering', 'stateWaiting', 'stateRefusing', 'discreet'] as const),
  ...(['connected', 'lost', 'reconnected', 'update-ready', 'still-running', 'engine-restarted', 'recovered-from-crash'] as const),
  ...(['internet-repaired', 'port-changed', 'state-unreadable', 'state-unwritable', 'system-proxy-failed', 'kill-switch-on'] as const),
  'system-proxy-changed',
]

/** How many words each language has: as many as there are keys. */
export const WORD_COUNTS: Readonly<Record<string, number>> = Object.fromEntries(LANGUAGES.map((one) => [one, TABLE[one].length]))
export const WORD_COUNT: number = KEYS.length

/** `systemLanguage`: such as `fa-IR`. */
export function wordsOf(language: Settings['language'], systemLanguage: string): Words {
  const known = languageOf(language, systemLanguage)
  return Object.fromEntries(KEYS.map((key, index) => [key, TABLE[known][index]])) as Words
}

/** What a notification says; undefined where there is to be none. A discreet one names neither the app nor what it is for. */
export function noticeWords(
  code: Code,
  manner: Settings['notifications'],
  words: Words,
): { readonly title: string; readonly body: string } | undefined {
  if (manner === 'none') return undefined
  return manner === 'discreet' ? { title: words.discreet, body: '' } : { title: 'Culvert', body: words[code] }
}

/** The system's where it is one of ours, else English. */
export function languageOf(language: Settings['language'], systemLanguage: string): Language {
  const wanted = language === 'system' ? systemLanguage.slice(0, 2).toLowerCase() : language
  return LANGUAGES.find((one) => one === wanted) ?? 'en'
}
