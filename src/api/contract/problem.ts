import { type Static, Type } from 'typebox'

/** What every error but a rejected lead is answered with: RFC 9457. */
export const Problem = Type.Object(
  {
    type: Type.String({ description: 'urn:millrace:error: and the code.' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'For people: what, where, what instead.' }),
    code: Type.String({ description: 'For programs: a code of the list in docs/errors.md.' }),
    correlation_id: Type.String({ description: 'Names this request in the log.' }),
    errors: Type.Optional(
      Type.Array(Type.Object({ field: Type.String(), message: Type.String() }), {
        description: 'Every problem with its field.',
      }),
    ),
  },
  { description: 'A problem document (RFC 9457).' },
)
export type Problem = Static<typeof Problem>

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: Problem } },
})

const WORDS = {
  400: 'The request cannot be read or has the wrong shape.',
  401: 'No or a wrong key, token or password.',
  402: 'The account cannot pay.',
  403: 'A disabled source, a key of another source, or a role that may not do this.',
  404: 'Nothing of this name here.',
  409: 'It clashes with what is there, or the Idempotency-Key came with another body.',
  412: 'If-Match names an older version than there is now.',
  406: 'Accept takes neither JSON nor XML.',
  413: 'The body is too large.',
  415: 'The body is of a kind that is not read.',
  422: 'A setting that cannot be used; each is listed.',
  429: 'Too often; Retry-After says when again.',
  500: 'Something broke here before anything was kept.',
  503: 'Overloaded, ending, or the database is away; Retry-After says when again.',
} as const

/** The problem answers of a route, for its documentation. */
export const problems = (...statuses: readonly (keyof typeof WORDS)[]) =>
  Object.fromEntries(statuses.map((status) => [status, problem(WORDS[status])]))
