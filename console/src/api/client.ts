import { session, signedOut } from './session.ts'

/** What the API said is wrong: a problem document (RFC 9457), or that nobody could be reached. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly code: string
  readonly problem: Readonly<Record<string, unknown>>
  constructor(status: number, code: string, message: string, problem: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.status = status
    this.code = code
    this.problem = problem
  }
  /** Worth another try: nobody was reached, or whoever was is busy. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status === 502 || this.status === 503 || this.status === 504
  }
}

type Query = Readonly<Record<string, string | number | boolean | undefined | null>>

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly query?: Query
  readonly body?: unknown
  readonly signal?: AbortSignal
  readonly headers?: Readonly<Record<string, string>>
}

const addressOf = (path: string, query: Query = {}): string => {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') params.set(name, String(value))
  }
  const text = params.toString()
  return text === '' ? path : `${path}?${text}`
}

export const send = async (path: string, call: Call = {}): Promise<Response> => {
  const { method = 'GET', query, body, signal } = call
  let answer: Response
  try {
    answer = await fetch(addressOf(path, query), {
      method,
      headers: {
        accept: 'application/json',
        ...(method !== 'GET' && session()?.csrf ? { 'x-csrf-token': session()?.csrf ?? '' } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...call.headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError(0, 'unreachable', 'The server cannot be reached. What you typed is kept; it is tried again.')
  }
  if (answer.ok) return answer
  const problem = (await answer.json().catch(() => ({}))) as Record<string, unknown>
  if (answer.status === 401 && session() !== null) signedOut(false)
  throw new ApiError(
    answer.status,
    String(problem.code ?? 'unknown'),
    String(problem.detail ?? problem.title ?? `The server answered ${answer.status}`),
    problem,
  )
}

export const api = async <T>(path: string, call: Call = {}): Promise<T> => {
  const answer = await send(path, call)
  return (answer.status === 204 ? undefined : await answer.json()) as T
}
