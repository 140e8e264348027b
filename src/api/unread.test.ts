import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SUBMIT, type TestApi, testApi } from '../../test/support/api.ts'
import type { Problem } from './contract/problem.ts'

let api: TestApi
let port: number
beforeAll(async () => {
  api = await testApi()
  await api.app.listen({ host: '127.0.0.1', port: 0 })
  const address = api.app.server.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
})
afterAll(() => api.close())

/** Sends bytes as they are; gives all that comes back until the connection is closed. */
const send = async (text: string): Promise<{ head: string; problem: Problem }> => {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  let answer = ''
  socket.on('data', (part: string) => {
    answer += part
  })
  socket.on('error', () => undefined)
  socket.write(Buffer.from(text, 'latin1'))
  await once(socket, 'close')
  const end = answer.indexOf('\r\n\r\n')
  return { head: answer.slice(0, end), problem: JSON.parse(answer.slice(end + 4)) as Problem }
}

const SECRET = 'mrk_a-key-that-stands-in-no-log'

describe('what cannot be read as HTTP', () => {
  it.each([
    ['a method that is none', `FOO ${SUBMIT} HTTP/1.1\r\nHost: x\r\n\r\n`, 400, /method is none/],
    [
      'letters that stand in no address',
      `GET ${SUBMIT}?a=\xe9&key=${SECRET} HTTP/1.1\r\nHost: x\r\n\r\n`,
      400,
      /percent-encoded/,
    ],
    [
      'two lengths',
      `POST ${SUBMIT} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n`,
      400,
      /its length/,
    ],
    ['headers without end', `GET / HTTP/1.1\r\nHost: x\r\nX-A: ${'x'.repeat(20_000)}\r\n\r\n`, 431, /16 KB/],
  ])('is told in a problem document: %s', async (_what, text, status, detail) => {
    const { head, problem } = await send(text)
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(head).toContain('content-type: application/problem+json; charset=utf-8')
    expect(problem).toMatchObject({ status, code: 'invalid_request', detail: expect.stringMatching(detail) })
    expect(head).toContain(`x-correlation-id: ${problem.correlation_id}`)
    expect(api.logged.some((line) => line.includes(problem.correlation_id))).toBe(true)
    expect(api.logged.join('')).not.toContain(SECRET)
  })
})
