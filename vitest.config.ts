// Which tests there are: the fast ones that `npm run check` runs, and the whole that `npm test` runs.
import { defineConfig, type ViteUserConfig } from 'vitest/config'

const FAST_FOLDERS = ['protocol', 'relay', 'client']

const config: ViteUserConfig = defineConfig({
  test: {
    reporters: ['default'],
    // A test waits for events, never for time: this is how long one may hang before it is called broken.
    testTimeout: 20_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          include: ['test/*.test.ts', ...FAST_FOLDERS.map((folder) => `test/${folder}/**/*.test.ts`)],
          exclude: ['**/*.slow.test.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'whole',
          include: ['test/**/*.test.ts'],
          exclude: ['test/*.test.ts', ...FAST_FOLDERS.map((folder) => `test/${folder}/**/!(*.slow).test.ts`)],
          // Real programs and real ports, a gigabyte at a time: one file after the other, so that none starves another.
          maxWorkers: 1,
          testTimeout: 180_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})

export default config
