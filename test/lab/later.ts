// Loaded before a program (node --import), sets its clock ahead by CULVERT_LATER_S seconds: so that three days pass in a test.
import process from 'node:process'

const laterMs = Number(process.env['CULVERT_LATER_S'] ?? 0) * 1_000
const trueNow = Date.now
Date.now = () => trueNow() + laterMs
globalThis.Date = new Proxy(Date, {
  construct: (target, given: readonly unknown[]) => Reflect.construct(target, given.length === 0 ? [trueNow() + laterMs] : given) as object,
})
