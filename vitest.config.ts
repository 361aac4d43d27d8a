// Which tests there are: the fast ones that `npm run check` runs, and the whole that `npm test` runs.
import { defineConfig, type ViteUserConfig } from 'vitest/config'

const FAST = ['test/*.test.ts', 'test/protocol/**/*.test.ts', 'test/relay/**/*.test.ts', 'test/client/**/*.test.ts']
/** In the folders of the fast ones, but with real servers and many probes. */
const NOT_SO_FAST = ['test/**/*.slow.test.ts', 'test/relay/probes/**/*.test.ts']
/** Long, and on virtual time: whatever runs beside them changes nothing. */
const ON_VIRTUAL_TIME = ['test/sim/**/*.test.ts', 'test/fuzz/**/*.test.ts', 'test/client/control/**/*.slow.test.ts']

/** Real programs that wait for one another, for a browser or for a censor most of the time: two files at once, each in namespaces and on ports of its own. */
const WAITING = [
  'test/{contract,lab,directory,dashboard,edges,observatory,ui}/**/*.test.ts',
  'test/e2e/{acme,chromium,client,doctor,hosts,operator,programs,rehearse,root,workers}.test.ts',
]

const config: ViteUserConfig = defineConfig({
  test: {
    reporters: ['default'],
    // A test waits for events, never for time: this is how long one may hang before it is called broken.
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // Unless this is said, one core is kept back for the process that hands the files out, which has little to do.
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          include: FAST,
          exclude: NOT_SO_FAST,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'virtual',
          include: ON_VIRTUAL_TIME,
          testTimeout: 180_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'waiting',
          include: WAITING,
          maxWorkers: 2,
          testTimeout: 180_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'whole',
          include: [...NOT_SO_FAST, 'test/!(protocol|relay|client)/**/*.test.ts'],
          exclude: [...ON_VIRTUAL_TIME, ...WAITING],
          // Real programs and real ports, a gigabyte at a time: one file after the other, so that none starves another.
          maxWorkers: 1,
          testTimeout: 180_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})

export default config
