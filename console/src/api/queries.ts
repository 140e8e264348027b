import { QueryClient } from '@tanstack/react-query'
import { ApiError } from './client.ts'

const TRIES_MAX = 5
const RETRY_MS_MAX = 10_000

/** Asks again where a failure passes by itself (a server that restarts), and not where it was the request's fault. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (tries, error) => error instanceof ApiError && error.isPassing && tries < TRIES_MAX,
      retryDelay: (tries) => Math.min(500 * 2 ** tries, RETRY_MS_MAX),
      staleTime: 5_000,
      // A server on this machine is reached without a network.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})
