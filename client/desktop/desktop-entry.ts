// What starts a program when its user logs in, on desktops that read files for that.
// https://specifications.freedesktop.org/desktop-entry-spec/latest/ and https://specifications.freedesktop.org/autostart-spec/latest/

/**
 * `keys`: lines of its own. The file lies in the person's home, where no package may remove it: once the program is gone, TryExec has the desktop pass over
 * it. No word of the command is taken for more than that word.
 */
export function desktopEntry(command: readonly string[], keys: readonly string[]): string {
  const [program = ''] = command
  const lines = ['Type=Application', 'Name=Culvert', `TryExec=${spell(program)}`, `Exec=${command.map(quote).join(' ')}`, ...keys]
  return `[Desktop Entry]\n${lines.join('\n')}\n`
}

/** A value of the kind `string`. */
function spell(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

/** A quoted word of Exec, whose `%` begins no field; the whole is a value of the kind `string`, too. */
function quote(word: string): string {
  return spell(`"${word.replace(/["`$\\]/g, '\\$&').replaceAll('%', '%%')}"`)
}
