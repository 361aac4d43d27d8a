// What the proxy's own pages say, in every language of the app: a person may meet one instead of a site, and may read no English. The browser says which
// language it wants, and would have said so to the site.
import { LANGUAGES, type Language } from '../../contract/settings.ts'

export type PageName =
  | 'interrupted'
  | 'refused'
  | 'unreachable'
  | 'silent'
  | 'denied'
  | 'unknown'
  | 'broken'
  | 'busy'
  | 'leaving'
  | 'failed'
  | 'password'
type PageWords = Readonly<Record<PageName, readonly [title: string, words: string]>>

/** No header of a browser is longer. */
const ACCEPT_CHARS_MAX = 200

/** The first that a browser wants, by its own weights (RFC 9110 §12.5.4), of those that there are; else English. */
export function languageOf(accept: string | undefined): Language {
  const wanted = (accept ?? '')
    .slice(0, ACCEPT_CHARS_MAX)
    .toLowerCase()
    .split(',')
    .map((part) => /^\s*([a-z]+)[a-z0-9-]*\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?$/.exec(part))
    .map((match) => ({ language: match?.[1] ?? '', weight: Number(match?.[2] ?? 1) }))
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => other.weight - one.weight)
  for (const { language } of wanted) for (const one of LANGUAGES) if (one === language) return one
  return 'en'
}

export const PAGE_WORDS: Readonly<Record<Language, PageWords>> = {
  en: {
    interrupted: ['Interrupted', 'The request was interrupted on its way. Please try again.'],
    refused: ['The site refused', 'The site is there, but nothing answers at this address and port.'],
    unreachable: ['The site cannot be reached', 'There is no way to the site at the moment.'],
    silent: ['The site does not answer', 'The site took too long to answer.'],
    denied: ['Not allowed', 'The relay does not go to this address or port.'],
    unknown: ['No such site', 'There is no site of this name. Please check its spelling.'],
    broken: ['Interrupted', 'The site ended the exchange before it answered, or its answer makes no sense.'],
    busy: ['Too busy', 'The relay has too much to do. Please try again in a moment.'],
    leaving: ['Please try again', 'The relay is shutting down; another one takes over.'],
    failed: ['Something went wrong', 'The request failed on its way. Please try again.'],
    password: ['Password needed', 'This proxy asks for a password.'],
  },
  fa: {
    interrupted: ['ارتباط قطع شد', 'درخواست در میانهٔ راه قطع شد. لطفاً دوباره تلاش کنید.'],
    refused: ['سایت نپذیرفت', 'سایت وجود دارد، ولی در این نشانی و درگاه چیزی پاسخ نمی‌دهد.'],
    unreachable: ['سایت در دسترس نیست', 'در حال حاضر راهی به این سایت نیست.'],
    silent: ['سایت پاسخ نمی‌دهد', 'سایت برای پاسخ دادن زمان زیادی برد.'],
    denied: ['مجاز نیست', 'رله به این نشانی یا درگاه وصل نمی‌شود.'],
    unknown: ['چنین سایتی نیست', 'سایتی با این نام وجود ندارد. لطفاً املای نام را بررسی کنید.'],
    broken: ['ارتباط قطع شد', 'سایت پیش از پاسخ دادن ارتباط را بست، یا پاسخش نامفهوم است.'],
    busy: ['سرش شلوغ است', 'بار رله زیاد است. لطفاً کمی بعد دوباره تلاش کنید.'],
    leaving: ['لطفاً دوباره تلاش کنید', 'رله دارد خاموش می‌شود؛ رلهٔ دیگری جای آن را می‌گیرد.'],
    failed: ['مشکلی پیش آمد', 'درخواست در میانهٔ راه ناکام ماند. لطفاً دوباره تلاش کنید.'],
    password: ['گذرواژه لازم است', 'این پراکسی گذرواژه می‌خواهد.'],
  },
  ar: {
    interrupted: ['انقطع الاتصال', 'انقطع الطلب في الطريق. يُرجى المحاولة مرة أخرى.'],
    refused: ['رفض الموقع الاتصال', 'الموقع موجود، لكن لا شيء يجيب على هذا العنوان والمنفذ.'],
    unreachable: ['يتعذّر الوصول إلى الموقع', 'لا طريق إلى الموقع في الوقت الحالي.'],
    silent: ['الموقع لا يجيب', 'استغرق الموقع وقتًا أطول من اللازم للإجابة.'],
    denied: ['غير مسموح', 'المُرحِّل لا يتصل بهذا العنوان أو المنفذ.'],
    unknown: ['لا يوجد موقع كهذا', 'لا يوجد موقع بهذا الاسم. يُرجى التحقق من كتابته.'],
    broken: ['انقطع الاتصال', 'أنهى الموقع الاتصال قبل أن يجيب، أو أن إجابته غير مفهومة.'],
    busy: ['ضغط كبير', 'المُرحِّل مشغول جدًا. يُرجى المحاولة بعد قليل.'],
    leaving: ['يُرجى المحاولة مرة أخرى', 'المُرحِّل يتوقف عن العمل؛ وسيحلّ محله مُرحِّل آخر.'],
    failed: ['حدث خطأ ما', 'فشل الطلب في الطريق. يُرجى المحاولة مرة أخرى.'],
    password: ['كلمة المرور مطلوبة', 'يطلب هذا الوكيل كلمة مرور.'],
  },
  ru: {
    interrupted: ['Связь прервалась', 'Запрос прервался по пути. Попробуйте ещё раз.'],
    refused: ['Сайт отказал', 'Сайт существует, но по этому адресу и порту никто не отвечает.'],
    unreachable: ['Сайт недоступен', 'Сейчас до сайта нет пути.'],
    silent: ['Сайт не отвечает', 'Сайт слишком долго не отвечал.'],
    denied: ['Не разрешено', 'Ретранслятор не соединяет с этим адресом или портом.'],
    unknown: ['Такого сайта нет', 'Сайта с таким именем нет. Проверьте, правильно ли оно написано.'],
    broken: ['Связь прервалась', 'Сайт прервал обмен, не ответив, или его ответ нельзя понять.'],
    busy: ['Слишком большая нагрузка', 'Ретранслятор перегружен. Попробуйте ещё раз чуть позже.'],
    leaving: ['Попробуйте ещё раз', 'Ретранслятор выключается; его заменит другой.'],
    failed: ['Что-то пошло не так', 'Запрос не дошёл. Попробуйте ещё раз.'],
    password: ['Нужен пароль', 'Этот прокси запрашивает пароль.'],
  },
  zh: {
    interrupted: ['连接中断', '请求在途中中断了。请重试。'],
    refused: ['网站拒绝连接', '网站存在，但这个地址和端口没有响应。'],
    unreachable: ['无法访问网站', '目前没有通往该网站的路径。'],
    silent: ['网站没有响应', '网站响应时间过长。'],
    denied: ['不允许', '中继不连接这个地址或端口。'],
    unknown: ['没有这个网站', '没有叫这个名字的网站。请检查拼写。'],
    broken: ['连接中断', '网站在响应之前结束了连接，或者它的响应无法理解。'],
    busy: ['过于繁忙', '中继负载过高。请稍后重试。'],
    leaving: ['请重试', '中继正在关闭，另一个中继会接替它。'],
    failed: ['出错了', '请求在途中失败了。请重试。'],
    password: ['需要密码', '此代理要求密码。'],
  },
  my: {
    interrupted: ['ချိတ်ဆက်မှု ပြတ်သွားသည်', 'တောင်းဆိုမှု လမ်းခုလတ်တွင် ပြတ်သွားသည်။ ထပ်ကြိုးစားပါ။'],
    refused: ['ဆိုက်က ငြင်းပယ်သည်', 'ဆိုက်ရှိသော်လည်း ဤလိပ်စာနှင့် ပို့တ်တွင် ဘာမျှ မဖြေပါ။'],
    unreachable: ['ဆိုက်ကို မရောက်နိုင်ပါ', 'လောလောဆယ် ဤဆိုက်သို့ သွားရန် လမ်းမရှိပါ။'],
    silent: ['ဆိုက်က မဖြေပါ', 'ဆိုက်က ဖြေရန် အချိန်ကြာလွန်းသည်။'],
    denied: ['ခွင့်မပြုပါ', 'ထပ်ဆင့်စက်သည် ဤလိပ်စာ သို့မဟုတ် ပို့တ်သို့ မချိတ်ဆက်ပါ။'],
    unknown: ['ဤသို့သော ဆိုက် မရှိပါ', 'ဤအမည်ဖြင့် ဆိုက် မရှိပါ။ စာလုံးပေါင်းကို စစ်ဆေးပါ။'],
    broken: ['ချိတ်ဆက်မှု ပြတ်သွားသည်', 'ဆိုက်က မဖြေမီ ချိတ်ဆက်မှုကို ပိတ်လိုက်သည်၊ သို့မဟုတ် ၎င်း၏အဖြေကို နားမလည်နိုင်ပါ။'],
    busy: ['အလုပ်များလွန်းသည်', 'ထပ်ဆင့်စက်တွင် အလုပ်များလွန်းနေသည်။ ခဏအကြာ ထပ်ကြိုးစားပါ။'],
    leaving: ['ထပ်ကြိုးစားပါ', 'ထပ်ဆင့်စက် ပိတ်နေသည်။ အခြားထပ်ဆင့်စက်က ဆက်လုပ်ပါမည်။'],
    failed: ['တစ်ခုခု မှားသွားသည်', 'တောင်းဆိုမှု လမ်းခုလတ်တွင် မအောင်မြင်ပါ။ ထပ်ကြိုးစားပါ။'],
    password: ['စကားဝှက် လိုသည်', 'ဤပရောက်စီက စကားဝှက် တောင်းသည်။'],
  },
  tr: {
    interrupted: ['Bağlantı kesildi', 'İstek yolda kesildi. Lütfen yeniden deneyin.'],
    refused: ['Site reddetti', 'Site var, ama bu adreste ve bağlantı noktasında yanıt veren yok.'],
    unreachable: ['Siteye ulaşılamıyor', 'Şu anda siteye giden bir yol yok.'],
    silent: ['Site yanıt vermiyor', 'Sitenin yanıt vermesi çok uzun sürdü.'],
    denied: ['İzin verilmiyor', 'Aktarıcı bu adrese veya bağlantı noktasına bağlanmıyor.'],
    unknown: ['Böyle bir site yok', 'Bu adda bir site yok. Lütfen yazımını denetleyin.'],
    broken: ['Bağlantı kesildi', 'Site yanıt vermeden bağlantıyı sonlandırdı ya da yanıtı anlaşılamıyor.'],
    busy: ['Çok yoğun', 'Aktarıcının işi çok. Lütfen birazdan yeniden deneyin.'],
    leaving: ['Lütfen yeniden deneyin', 'Aktarıcı kapanıyor; yerini bir başkası alıyor.'],
    failed: ['Bir sorun oluştu', 'İstek yolda başarısız oldu. Lütfen yeniden deneyin.'],
    password: ['Parola gerekli', 'Bu vekil sunucu parola istiyor.'],
  },
  es: {
    interrupted: ['Conexión interrumpida', 'La petición se interrumpió por el camino. Inténtelo de nuevo.'],
    refused: ['El sitio rechazó la conexión', 'El sitio existe, pero nada responde en esta dirección y este puerto.'],
    unreachable: ['No se puede llegar al sitio', 'En este momento no hay camino hasta el sitio.'],
    silent: ['El sitio no responde', 'El sitio tardó demasiado en responder.'],
    denied: ['No permitido', 'El repetidor no se conecta a esta dirección o este puerto.'],
    unknown: ['No existe ese sitio', 'No hay ningún sitio con este nombre. Compruebe cómo está escrito.'],
    broken: ['Conexión interrumpida', 'El sitio cerró la conexión antes de responder, o su respuesta no se entiende.'],
    busy: ['Demasiado ocupado', 'El repetidor tiene demasiado trabajo. Inténtelo de nuevo en un momento.'],
    leaving: ['Inténtelo de nuevo', 'El repetidor se está apagando; otro toma el relevo.'],
    failed: ['Algo salió mal', 'La petición falló por el camino. Inténtelo de nuevo.'],
    password: ['Se necesita contraseña', 'Este proxy pide una contraseña.'],
  },
  fr: {
    interrupted: ['Connexion interrompue', 'La requête a été interrompue en chemin. Veuillez réessayer.'],
    refused: ['Le site a refusé', 'Le site existe, mais rien ne répond à cette adresse et à ce port.'],
    unreachable: ['Le site est inaccessible', 'Il n’y a pas de chemin vers le site pour le moment.'],
    silent: ['Le site ne répond pas', 'Le site a mis trop de temps à répondre.'],
    denied: ['Non autorisé', 'Le relais ne se connecte pas à cette adresse ou à ce port.'],
    unknown: ['Ce site n’existe pas', 'Aucun site ne porte ce nom. Veuillez vérifier son orthographe.'],
    broken: ['Connexion interrompue', 'Le site a mis fin à l’échange avant de répondre, ou sa réponse est incompréhensible.'],
    busy: ['Trop occupé', 'Le relais est surchargé. Veuillez réessayer dans un instant.'],
    leaving: ['Veuillez réessayer', 'Le relais s’arrête ; un autre prend la suite.'],
    failed: ['Un problème est survenu', 'La requête a échoué en chemin. Veuillez réessayer.'],
    password: ['Mot de passe requis', 'Ce proxy demande un mot de passe.'],
  },
}
