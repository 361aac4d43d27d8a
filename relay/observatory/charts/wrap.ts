// Text in lines, for drawings: they know nothing of the widths of letters.

/** Into lines of about so many Latin letters; wide scripts count double. Nothing is cut off. */
export function wrap(text: string, lettersMax: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const { segment } of new Intl.Segmenter(undefined, { granularity: 'word' }).segment(text)) {
    if (line !== '' && lettersOf(line + segment.trimEnd()) > lettersMax && !/^[\p{P}\s]+$/u.test(segment)) {
      // What opens goes with what it opens.
      const [opening = ''] = /[\p{Ps}\p{Pi}][\p{Ps}\p{Pi}\s]*$/u.exec(line) ?? []
      lines.push(line.slice(0, line.length - opening.length).trim())
      line = opening
    }
    line += segment
  }
  return line.trim() === '' ? lines : [...lines, line.trim()]
}

/** About how wide a text is, in Latin letters. */
export function lettersOf(text: string): number {
  return [...text].reduce((sum, letter) => sum + (/[\p{Script=Han}\p{Script=Hiragana}\u3000-\u303f\uff00-\uffef]/u.test(letter) ? 2 : 1), 0)
}
