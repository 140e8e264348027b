import {
  type Address,
  type AnswerAt,
  ApiProblem,
  createClient,
  type Extras,
  type ItemOf,
  type Method,
  type PagedPath,
  type Sent,
} from '../../../src/client/client.ts'
import { t } from '../text.ts'
import { session, signedOut } from './session.ts'

/** What the API said is wrong: a problem document (RFC 9457), or, with status 0, that nobody could be reached. */
export { ApiProblem as ApiError }

const PAGE = 200

/** The typed client of the API, in the session that this browser's cookie stands for. */
export const client = createClient({
  baseUrl: '',
  csrfToken: () => session()?.csrf ?? null,
  fetch: async (url, init) => {
    try {
      return await fetch(url, init)
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error
      throw new ApiProblem(0, { code: 'unreachable', detail: t('error.unreachable') }, null)
    }
  },
})

export interface Call
  extends Pick<Sent, 'query' | 'body'>,
    Pick<Extras, 'signal' | 'headers' | 'ifMatch' | 'keepalive'> {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
}

const inSession = async <T>(call: Promise<T>): Promise<T> => {
  const asker = session()
  try {
    return await call
  } catch (error) {
    // A code that is asked for ends nothing; nor does what the session before asked, which is told that it is over.
    const isOut = error instanceof ApiProblem && error.status === 401 && error.code !== 'second_factor_required'
    if (isOut && asker !== null && session() === asker) signedOut(false)
    throw error
  }
}

/** The answer as it comes; the address is one of the API's description. */
export const send = (path: Address, { method = 'GET', ...call }: Call = {}): Promise<Response> =>
  inSession(client.open(method.toLowerCase() as Lowercase<typeof method>, path, call))

/** Every item of a list that is small enough to be held whole. */
export const askAll = <P extends PagedPath>(path: P): Promise<readonly ItemOf<P>[]> =>
  inSession(Array.fromAsync(client.items(path, { query: { limit: PAGE } } as Parameters<typeof client.items<P>>[1])))

/** The answer in the shape that the API's description gives it. */
export const ask = async <const A extends Address, const M extends Uppercase<Method> = 'GET'>(
  path: A,
  call: Omit<Call, 'method'> & { readonly method?: M } = {},
): Promise<AnswerAt<A, Lowercase<M> & Method>> => {
  const answer = await send(path, call)
  return (answer.status === 204 ? undefined : await answer.json()) as AnswerAt<A, Lowercase<M> & Method>
}
