// What a catalog of texts is: keys, and for each a text or its forms by number.

/** Which forms a language has is its own: one and other, or up to six. */
export type Forms = Readonly<Partial<Record<'zero' | 'one' | 'two' | 'few' | 'many', string>>> & { readonly other: string }

/** A catalog with the keys of the English one, and forms where that has some. */
export type Translation<English> = { readonly [K in keyof English]: English[K] extends string ? string : Forms }
