import type { FastifyRequest } from 'fastify'
import { Fault } from '../base/faults.ts'
import { first } from './submission-gate.ts'

/** What the head of a submission says of how it is to be taken. */

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/

export const readIdempotencyKey = (request: FastifyRequest): string | null => {
  const key = first(request.headers['idempotency-key'])
  if (key === undefined) return null
  if (IDEMPOTENCY_KEY.test(key)) return key
  throw new Fault('invalid_request', {
    message: 'Idempotency-Key: expected 1 to 255 visible ASCII characters',
    problems: [{ field: 'Idempotency-Key', message: 'expected 1 to 255 visible ASCII characters' }],
  })
}

export const readMode = (query: unknown): 'sync' | 'async' => {
  const mode = (query as { readonly mode?: unknown }).mode
  if (mode === undefined || mode === 'sync') return 'sync'
  if (mode === 'async') return 'async'
  throw new Fault('invalid_request', {
    message: 'mode: expected sync or async',
    problems: [{ field: 'mode', message: 'expected sync or async' }],
  })
}
