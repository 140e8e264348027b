import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'bench/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // A condition waited for is met in milliseconds, on a busy machine in seconds; vitest gives up after one.
    expect: { poll: { timeout: 15_000 } },
    maxWorkers: 2,
    globalSetup: ['test/support/database-run.ts'],
  },
})
