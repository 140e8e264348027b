/** (a) The framework alone: reads a lead as JSON and answers as JSON. */
import Fastify from 'fastify'
import { newId } from '../../src/base/ids.ts'
import { serveUntilTold } from './lifetime.ts'

const app = Fastify({ forceCloseConnections: true })
app.post('/submit', async (_request, reply) => reply.code(201).send({ outcome: 'success', lead_id: newId(Date.now()) }))
await app.listen({ host: '127.0.0.1', port: 0 })
serveUntilTold(app.server.address(), () => app.close())
