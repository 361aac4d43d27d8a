// Languages that are counted by themselves: a public list, the same whatever is counted, since a list that followed the counts would tell of them.

/** Those in which an app might be asked for; a report in another one is counted without its language. */
export const LANGUAGES: readonly string[] =
  'am ar as az be bg bn bo bs ca cs da de el en es et fa fi fil fr ha he hi hr hu hy id it ja ka kk km ko ku ky lo lt lv mk mn ms my nb ne nl or pa pl ps pt ro ru sd si sk sl so sq sr sv sw ta te tg th ti tk tl tr ug uk ur uz vi yo zh zu'.split(
    ' ',
  )
