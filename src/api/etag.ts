import type { FastifyReply, FastifyRequest } from 'fastify'
import { Fault } from '../base/faults.ts'

/**
 * ETag and If-Match: who changes a thing may say which version of it they read. The version is compared where the
 * change is written, so of two who read the same one, one is told.
 */

export const etagOf = (version: number | string): string => `"${version}"`

export const sendEtag = (reply: FastifyReply, version: number | string): void => {
  reply.header('etag', etagOf(version))
}

const TAG = /^(?:W\/)?"([^"]*)"$/

/** The version that If-Match names; null: whatever it is now. */
export const ifMatch = (request: FastifyRequest): string | null => {
  const header = request.headers['if-match']?.trim()
  if (header === undefined || header === '*') return null
  const tag = TAG.exec(header)?.[1]
  if (tag !== undefined) return tag
  const message = 'expected one ETag, as a GET of the same address gave it, or *'
  throw new Fault('invalid_request', { message: `If-Match: ${message}`, problems: [{ field: 'If-Match', message }] })
}

/** The same, where versions are numbers. One that is no number fits no version. */
export const ifVersion = (request: FastifyRequest): number | null => {
  const tag = ifMatch(request)
  if (tag === null) return null
  const version = Number(tag)
  return Number.isSafeInteger(version) ? version : -1
}
