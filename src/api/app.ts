import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { Fault } from '../base/faults.ts'
import { BODY_BYTES_MAX } from '../ingest/body.ts'
import { readJson } from '../ingest/json.ts'
import { decodeText } from '../ingest/text.ts'
import { auditAnswers } from './audited.ts'
import { correlationIds } from './correlation.ts'
import type { ApiDeps } from './deps.ts'
import { watchMethods } from './methods.ts'
import { requireJson } from './negotiate.ts'
import { observe, SECURITY_HEADERS } from './observe.ts'
import { createPasswords } from './passwords.ts'
import { errorHandler } from './problems.ts'
import './request.ts'
import { auditRoutes } from './routes/audit.ts'
import { describeRoutes, docsRoutes } from './routes/docs.ts'
import { flowRoutes } from './routes/flows.ts'
import { leadRoutes } from './routes/leads.ts'
import { listRoutes } from './routes/lists.ts'
import { loginRoutes } from './routes/login.ts'
import { secretRoutes } from './routes/secrets.ts'
import { serviceRoutes } from './routes/service.ts'
import { submissionRoutes } from './routes/submissions.ts'
import { createSessions } from './session.ts'
import { validatorCompiler } from './validation.ts'

export type { ApiDeps, ApiKeys, ApiSettings, Published } from './deps.ts'

/** Longer than any load balancer keeps an idle connection, so that it closes first. */
const KEEP_ALIVE_MS = 72_000
/** A megabyte on a bad line takes 10 s; who takes longer holds a place for nothing. */
const REQUEST_MS = 30_000
const PARAM_CHARS_MAX = 200

/** What can't even be read as HTTP: answered in a line, logged nowhere, since it may hold anything. */
const refuse = (error: Error & { code?: string }, socket: import('node:net').Socket): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request'
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}

const newServer = (deps: ApiDeps): FastifyInstance =>
  Fastify({
    // The interface that fastify asks of a logger is narrower than pino's own.
    loggerInstance: deps.log as FastifyBaseLogger,
    // A logger for each request would cost as much as reading the body; what names the request is added to the line.
    childLoggerFactory: (logger) => logger,
    // Its lines would hold addresses; ours is written by observe.ts.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: correlationIds(),
    requestIdHeader: false,
    trustProxy: false,
    bodyLimit: BODY_BYTES_MAX,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_MS,
    forceCloseConnections: 'idle',
    // Ours says when to try again, and health can be asked to the end.
    return503OnClosing: false,
    routerOptions: { maxParamLength: PARAM_CHARS_MAX },
    clientErrorHandler: refuse,
    frameworkErrors: (error, request, reply) => {
      reply.headers(SECURITY_HEADERS)
      errorHandler(error, request, reply)
    },
  })

/** Builds the HTTP side; listening and ending are main.ts's, which may add routes until it listens. */
export const createApp = async (deps: ApiDeps): Promise<FastifyInstance> => {
  const app = newServer(deps)
  const api = app.withTypeProvider<TypeBoxTypeProvider>()
  const sessions = createSessions({ key: deps.keys.token, clock: deps.clock })
  const passwords = await createPasswords()

  app.decorateRequest('session', null)
  app.decorateRequest('submitter', null)
  app.decorateRequest('faultCode', null)
  app.decorateRequest('auditData', null)
  app.setErrorHandler(errorHandler)
  app.setNotFoundHandler(() => {
    throw new Fault('not_found', { message: 'There is nothing at this address; /docs lists what there is.' })
  })
  app.setValidatorCompiler(validatorCompiler)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(/^application\/(?:[\w.-]+\+)?json\b/, { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, readJson(decodeText({ bytes: body as Buffer, charset: null, what: 'body' })))
    } catch (error) {
      done(error as Error)
    }
  })

  const addOtherMethods = watchMethods(app)
  observe(app, deps)
  await describeRoutes(app, deps.settings.version)
  await api.register(submissionRoutes(deps))
  await api.register(async (managed) => {
    managed.addHook('onRequest', (request, _reply, done) => {
      if (deps.isDraining()) throw new Fault('shutting_down', { message: 'This server is about to end. Try again.' })
      requireJson(request.headers.accept)
      done()
    })
    auditAnswers(managed, deps.audit)
    await managed.register(loginRoutes(deps, { sessions, passwords }))
    await managed.register(leadRoutes(deps, sessions))
    await managed.register(flowRoutes(deps, sessions))
    await managed.register(listRoutes(deps, sessions))
    await managed.register(secretRoutes(deps, sessions))
    await managed.register(auditRoutes(deps, sessions))
  })
  await api.register(serviceRoutes(deps))
  await docsRoutes(app)
  addOtherMethods()
  return app
}
