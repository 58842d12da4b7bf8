import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      'test/lab/**',
      'node_modules/**',
      // Every page in every state, with a picture: `npm run test:screens`.
      ...(process.env.HALL_ALL_SCREENS ? [] : ['test/screens/states/**']),
    ],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores: real browsers, databases and child processes share them, and many tests only wait.
    maxWorkers: 4,
  },
});
