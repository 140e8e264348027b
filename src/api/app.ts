import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { createApiKeys } from '../access/keys.ts'
import { createLogins } from '../access/logins.ts'
import { createPasswords } from '../access/passwords.ts'
import { createSecondFactors } from '../access/second-factors.ts'
import { createLoginSessions } from '../access/sessions.ts'
import { createSingleSignOn } from '../access/sso.ts'
import { createTenants } from '../access/tenants.ts'
import { createTokens, type Tokens } from '../access/tokens.ts'
import { createUsers } from '../access/users.ts'
import { recordChanges } from '../audit/changes.ts'
import { createRefusals, type Refusals } from '../audit/refusals.ts'
import { describeError } from '../base/described-error.ts'
import { Fault } from '../base/faults.ts'
import { createAuthenticator } from '../ingest/authenticate.ts'
import { BODY_BYTES_MAX } from '../ingest/body.ts'
import { readJson } from '../ingest/json.ts'
import { createQuota, type Quota } from '../ingest/quota.ts'
import { createRateLimiter } from '../ingest/rate-limit.ts'
import { createShedding } from '../ingest/shedding.ts'
import { decodeText } from '../ingest/text.ts'
import { auditAnswers } from './audited.ts'
import { correlationIds } from './correlation.ts'
import { createPreflight } from './cors.ts'
import type { ApiDeps } from './deps.ts'
import { createDoor, type Door } from './door.ts'
import { guardRoutes } from './guard.ts'
import { keepAnswers } from './idempotency.ts'
import { watchLag } from './lag.ts'
import { createLinkSender } from './links.ts'
import { watchMethods } from './methods.ts'
import { requireJson } from './negotiate.ts'
import { observe, SECURITY_HEADERS } from './observe.ts'
import { watchPreconditions } from './preconditions.ts'
import { createPrincipals } from './principals.ts'
import { errorHandler } from './problems.ts'
import './request.ts'
import { siteOff } from '../site/site.ts'
import { accountRoutes } from './routes/account.ts'
import { alertRoutes } from './routes/alerts.ts'
import { assignmentRoutes } from './routes/assignments.ts'
import { auditRoutes } from './routes/audit.ts'
import { authRoutes } from './routes/auth.ts'
import { batchRoutes } from './routes/batch.ts'
import { bulkRoutes } from './routes/bulk.ts'
import { buyerRoutes } from './routes/buyers.ts'
import { capRoutes } from './routes/caps.ts'
import { consentRoutes } from './routes/consent.ts'
import { consentPage } from './routes/consent-page.ts'
import { consoleRoutes, createConsolePages, wantsPage } from './routes/console.ts'
import { deadLetterRoutes } from './routes/dead-letters.ts'
import { deliveryRoutes } from './routes/deliveries.ts'
import { destinationRoutes } from './routes/destinations.ts'
import { describeRoutes, docsRoutes } from './routes/docs.ts'
import { exportRoutes } from './routes/export.ts'
import { figureRoutes } from './routes/figures.ts'
import { flowVersionRoutes } from './routes/flow-versions.ts'
import { flowRoutes } from './routes/flows.ts'
import { holdRoutes } from './routes/holds.ts'
import { hookRoutes } from './routes/hooks.ts'
import { keyRoutes } from './routes/keys.ts'
import { leadRoutes } from './routes/leads.ts'
import { listImportRoutes } from './routes/list-imports.ts'
import { listRoutes } from './routes/lists.ts'
import { liveRoutes } from './routes/live.ts'
import { matchRoutes } from './routes/matches.ts'
import { oauthRoutes } from './routes/oauth.ts'
import { organisationRoutes } from './routes/organisations.ts'
import { personRoutes } from './routes/persons.ts'
import { pipelineRoutes } from './routes/pipeline.ts'
import { postingPages, postingRoutes } from './routes/posting.ts'
import { privacyRoutes } from './routes/privacy.ts'
import { processRoutes } from './routes/process.ts'
import { queueRoutes } from './routes/queues.ts'
import { rerunRoutes } from './routes/reruns.ts'
import { retentionRoutes } from './routes/retention.ts'
import { reviewRoutes } from './routes/reviews.ts'
import { secretRoutes } from './routes/secrets.ts'
import { serviceRoutes } from './routes/service.ts'
import { sourceRoutes } from './routes/sources.ts'
import { ssoRoutes } from './routes/sso.ts'
import { submissionRoutes } from './routes/submissions.ts'
import { tenantRoutes } from './routes/tenants.ts'
import { tryRoutes } from './routes/tries.ts'
import { userRoutes } from './routes/users.ts'
import { viewRoutes } from './routes/views.ts'
import { webhookRoutes } from './routes/webhooks.ts'
import { workbenchRoutes } from './routes/workbench.ts'
import { whenFirstGiven } from './serialization.ts'
import type { Gate } from './submission-gate.ts'
import { refuseUnread } from './unread.ts'
import { validatorCompiler } from './validation.ts'

export type { ApiDeps, ApiKeys, ApiSettings, Published } from './deps.ts'

/** Routes that answer with something else than JSON: a file, a stream of events. */
const OTHER_ANSWERS = new Set(['/api/v1/leads/export', '/api/v1/live'])

/** Longer than any load balancer keeps an idle connection, so that it closes first. */
const KEEP_ALIVE_MS = 72_000
/** A megabyte on a bad line takes 10 s; who takes longer holds a place for nothing. */
const REQUEST_MS = 30_000
const PARAM_CHARS_MAX = 320

const newServer = (deps: ApiDeps): FastifyInstance => {
  const newId = correlationIds()
  return Fastify({
    // The interface that fastify asks of a logger is narrower than pino's own.
    loggerInstance: deps.log as FastifyBaseLogger,
    // A logger for each request would cost as much as reading the body; what names the request is added to the line.
    childLoggerFactory: (logger) => logger,
    // Its lines would hold addresses; ours is written by observe.ts.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: newId,
    requestIdHeader: false,
    trustProxy: deps.settings.trustedProxies.length === 0 ? false : [...deps.settings.trustedProxies],
    bodyLimit: BODY_BYTES_MAX,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_MS,
    forceCloseConnections: 'idle',
    // Ours says when to try again, and health can be asked to the end.
    return503OnClosing: false,
    routerOptions: { maxParamLength: PARAM_CHARS_MAX },
    schemaController: { compilersFactory: { buildSerializer: whenFirstGiven } },
    clientErrorHandler: refuseUnread({ log: deps.log, newId: () => newId({ headers: {} }) }),
    frameworkErrors: (error, request, reply) => {
      reply.headers(SECURITY_HEADERS)
      errorHandler(error, request, reply)
    },
  })
}

/** All that tells who asks, and who may come in. */
const accessOf = async (
  { database, clock, keys, settings, mail, send, log, audit, passwords = createPasswords() }: ApiDeps,
  { quota, door }: { readonly quota: Quota; readonly door: Door },
) => {
  const tokens = createTokens(keys.token)
  const checked = await passwords
  const vault = { seal: keys.sealTenant, open: keys.openTenant }
  const secondFactors = createSecondFactors({ database, clock, vault })
  const sessions = createLoginSessions({ database, clock, tokens, vault })
  const apiKeys = createApiKeys({ database, clock })
  const refusals = createRefusals({ audit, clock, log })
  return {
    tokens,
    refusals,
    apiKeys,
    tenants: createTenants({ database, clock, makeKeys: keys.makeTenant }),
    sso: createSingleSignOn({ database, clock, vault, send, loginKey: keys.login, key: keys.token }),
    passwords: checked,
    secondFactors,
    sessions,
    users: createUsers({ database, clock, vault, loginKey: keys.login }),
    logins: createLogins({ database, clock, passwords: checked, secondFactors, loginKey: keys.login }),
    principals: createPrincipals({ sessions, apiKeys, tokens, quota, door, clock, refusals, settings }),
    links: createLinkSender({
      publicUrl: settings.publicUrl,
      mail,
      onFailure: (error) => log.error({ errors: describeError(error) }, 'a mail with a link could not be sent'),
    }),
  }
}

const gateOf = (
  deps: ApiDeps,
  parts: { readonly tokens: Tokens; readonly quota: Quota; readonly door: Door; readonly refusals: Refusals },
): Gate => {
  const { database, isCurrent, settings } = deps
  const keyRate = { max: settings.rateLimitMax, windowMs: settings.rateLimitWindowMs }
  return {
    deps,
    authenticator: createAuthenticator({
      database,
      isCurrent,
      keyRate,
      readToken: async (token, now) => {
        const bearer = await parts.tokens.readAccess(token, now)
        return bearer?.is === 'key' ? bearer : null
      },
    }),
    limiter: createRateLimiter(keyRate),
    quota: parts.quota,
    door: parts.door,
    refusals: parts.refusals,
    shedding: createShedding({ max: settings.leadsInFlightMax }),
  }
}

/** Builds the HTTP side; listening and ending are main.ts's, which may add routes until it listens. */
export const createApp = async (given: ApiDeps): Promise<FastifyInstance> => {
  const deps: ApiDeps = { ...given, database: recordChanges(given.database, given.audit) }
  const app = newServer(deps)
  const api = app.withTypeProvider<TypeBoxTypeProvider>()
  const quota = createQuota({ database: given.database })
  const door = createDoor({
    quota,
    max: deps.settings.ipRateLimitMax,
    hashed: deps.keys.login,
    clock: deps.clock,
  })
  const access = await accessOf(deps, { quota, door })

  app.decorateRequest('session', null)
  app.decorateRequest('submitter', null)
  app.decorateRequest('faultCode', null)
  app.decorateRequest('auditData', null)
  app.decorateRequest('auditPersonal', null)
  app.setErrorHandler(errorHandler)
  const pages = createConsolePages(deps.site ?? siteOff, deps.settings.version)
  app.setNotFoundHandler((request, reply) => {
    if (wantsPage(request)) return pages.page(request, reply)
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

  const addOtherMethods = watchMethods(app, createPreflight(deps.database))
  observe(app, deps)
  guardRoutes(app, access.principals, door)
  if (deps.onRoute) app.addHook('onRoute', deps.onRoute)
  await describeRoutes(app, deps.settings.version)
  const gate = gateOf(deps, { ...access, quota, door })
  const endLag = watchLag(gate.shedding, () => deps.runner.inFlight())
  app.addHook('onClose', async () => {
    endLag()
    await access.refusals.close()
    await quota.close().catch(() => undefined)
  })
  await api.register(submissionRoutes(gate))
  await api.register(batchRoutes(gate, access.principals))
  await api.register(async (managed) => {
    managed.addHook('onRequest', (request, _reply, done) => {
      if (deps.isDraining()) throw new Fault('shutting_down', { message: 'This server is about to end. Try again.' })
      if (!OTHER_ANSWERS.has(request.routeOptions.url ?? '')) requireJson(request.headers.accept)
      done()
    })
    keepAnswers(managed, given)
    watchPreconditions(managed, given.database)
    auditAnswers(managed, deps.audit)
    await managed.register(authRoutes(deps, access))
    await managed.register(accountRoutes(deps, access))
    await managed.register(userRoutes(access))
    await managed.register(bulkRoutes(deps, access))
    await managed.register(assignmentRoutes(deps, access))
    await managed.register(keyRoutes(access))
    await managed.register(tenantRoutes({ ...access, clock: deps.clock }))
    await managed.register(ssoRoutes(deps, { ...access, door }))
    await managed.register(oauthRoutes(deps, access))
    await managed.register(leadRoutes(deps))
    await managed.register(matchRoutes(deps))
    await managed.register(personRoutes(deps))
    await managed.register(organisationRoutes(deps))
    await managed.register(deliveryRoutes(deps))
    await managed.register(rerunRoutes(deps))
    await managed.register(deadLetterRoutes(deps))
    await managed.register(queueRoutes(deps))
    await managed.register(pipelineRoutes(deps))
    await managed.register(processRoutes(deps))
    await managed.register(flowRoutes(deps))
    await managed.register(destinationRoutes(deps))
    await managed.register(hookRoutes(deps))
    await managed.register(webhookRoutes(deps))
    await managed.register(alertRoutes(deps))
    await managed.register(workbenchRoutes(deps))
    await managed.register(postingRoutes(deps))
    await managed.register(listRoutes(deps))
    await managed.register(listImportRoutes(deps))
    await managed.register(capRoutes(deps))
    await managed.register(secretRoutes(deps))
    await managed.register(auditRoutes(deps))
    await managed.register(privacyRoutes(deps))
    await managed.register(holdRoutes(deps))
    await managed.register(consentRoutes(deps))
    await managed.register(retentionRoutes(deps))
    await managed.register(liveRoutes(deps, access.principals))
    for (const routes of [
      buyerRoutes,
      exportRoutes,
      figureRoutes,
      flowVersionRoutes,
      reviewRoutes,
      sourceRoutes,
      tryRoutes,
      viewRoutes,
    ])
      await managed.register(routes(deps))
  })
  await api.register(postingPages(deps))
  await api.register(consentPage(deps))
  await api.register(serviceRoutes(deps))
  await api.register(consoleRoutes(pages))
  await docsRoutes(app)
  addOtherMethods()
  return app
}
