// Serves made-up years for a look at the pages by hand; no test.
import { openStore } from '../../relay/store/store.ts'
import { serve } from '../../relay/observatory/serve.ts'
import { OBSERVATORY, type ObservatoryTables } from '../../relay/observatory/tables.ts'
import { COUNTRIES, makeYears, publish } from './years.ts'
const store = await openStore<ObservatoryTables>(':memory:', OBSERVATORY)
const t = performance.now()
await publish(store.db, makeYears({ countries: COUNTRIES.slice(0, Number(process.argv[2] ?? 30)), firstDay: '2025-11-01', dayCount: 390, seed: 7 }))
console.log('published', performance.now() - t)
const site = await serve({ db: store.db, listen: { host: '127.0.0.1', port: 8899 }, reportsDir: undefined, reportKey: undefined, origin: undefined, onBug: console.error })
console.log(site.listen, performance.now() - t)
