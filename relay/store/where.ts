// Which database a store's name means; apart from the store, so that who only reads settings loads no database.

/** A URL of the form postgres://…; anything else is a file of SQLite's. */
export function isPostgres(where: string): boolean {
  return /^postgres(?:ql)?:\/\//.test(where)
}
