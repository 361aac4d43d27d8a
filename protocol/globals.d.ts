// The only globals protocol/ may use beyond ECMAScript itself: every runtime has them. No timer, clock, console or crypto: those come in as arguments.
declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>
}
declare class TextDecoder {
  constructor(label?: string, options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean })
  decode(bytes?: Uint8Array): string
}
