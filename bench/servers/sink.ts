/** Where (d) delivers: takes everything and answers with an id, as a CRM would, at the least cost. GET: how many came. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serveUntilTold } from './lifetime.ts'

let taken = 0
/** Deliveries to `/flaky` that were put off once. */
const putOff = new Set<string>()
const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume()
  request.on('end', () => {
    const key = String(request.headers['idempotency-key'])
    if (request.url === '/flaky' && !putOff.has(key)) {
      putOff.add(key)
      response.writeHead(503, { 'content-length': 0 })
      response.end()
      return
    }
    if (request.method !== 'GET') taken += 1
    const body = request.method === 'GET' ? `{"taken":${taken}}` : `{"id":"sink-${taken}"}`
    response.writeHead(201, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    response.end(body)
  })
})
server.listen(0, '127.0.0.1', () => {
  serveUntilTold(server.address() as AddressInfo, async () => {
    server.closeAllConnections()
    server.close()
  })
})
