import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fault } from '../../base/faults.ts'
import { firstIdAt, isId } from '../../base/ids.ts'
import { createPersonChanges } from '../../persons/changes.ts'
import { createPersonStore, type PersonEvent, type PersonLead, type PersonRow } from '../../persons/store.ts'
import { PAGE_DEFAULT, SightQuery } from '../contract/leads.ts'
import {
  MergeBody,
  PersonChanged,
  PersonDetail,
  PersonListQuery,
  PersonPage,
  PersonParams,
  PersonSearchBody,
  SplitBody,
  SurvivorshipBody,
  SurvivorshipView,
  Timeline,
  TimelineQuery,
  UnmergeBody,
} from '../contract/persons.ts'
import { problems } from '../contract/problem.ts'
import { readCursor, writeCursor } from '../cursor.ts'
import type { ApiDeps } from '../deps.ts'
import { createFieldTypes } from '../field-types.ts'
import { sessionOf } from '../guard.ts'
import { readSearch } from '../lead-search.ts'
import { sightOf } from '../lead-sight.ts'
import { personFields } from '../person-fields.ts'
import type { Session } from '../request.ts'
import { iso } from '../times.ts'

/** A person's values follow from so many of its leads, the newest. */
const LEADS_READ_MAX = 100

/** In a list, of so many each. */
const LEADS_LISTED_MAX = 3
/** Leads that hold what is searched for: of an office's phone the newest. */
const LEADS_SEARCHED_MAX = 200

const noPerson = (): Fault => new Fault('not_found', { message: 'There is no such person' })

const summaryOf = ({ id, accountId, createdAt, test, merged, leads }: PersonRow) => ({
  id,
  account_id: accountId,
  created_at: iso(createdAt),
  test,
  persons: [...merged],
  leads,
})

const leadItem = (lead: PersonLead) => ({
  at: iso(lead.receivedAt),
  type: 'lead' as const,
  id: lead.id,
  person: lead.person,
  persons: [],
  by: null,
  undoes: null,
  lead_id: lead.id,
  flow: lead.flow,
  source: lead.source,
  status: lead.status,
  outcome: lead.outcome,
  code: lead.code,
})

const eventItem = (event: PersonEvent) => ({
  at: iso(event.at),
  type: event.type,
  id: event.id,
  person: event.person,
  persons: [...event.persons],
  by: event.by,
  undoes: event.undoes,
  lead_id: event.leadId,
  flow: null,
  source: null,
  status: null,
  outcome: null,
  code: null,
})

const pageAsked = (asked: { readonly limit?: number; readonly cursor?: string }) => ({
  limit: asked.limit ?? PAGE_DEFAULT,
  before: asked.cursor === undefined ? null : readCursor(asked.cursor),
})

export const personRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, reader, clock, ownRecords } = deps
    const store = createPersonStore({ database, reader })
    const changes = createPersonChanges({ database, ownRecords })
    const fieldTypes = createFieldTypes(database)
    const tags = ['Persons']
    const security = [{ login: [] }, { cookie: [] }]

    const found = async (tenantId: string, id: string): Promise<PersonRow> => {
      const person = isId(id) ? await store.find(tenantId, id) : null
      if (person === null) throw noPerson()
      return person
    }
    /** Each with what its newest leads say it is called, and reached by. */
    const withFields = async (session: Session, persons: readonly PersonRow[]) => {
      const { tenantId } = session
      const rules = await store.survivorship(tenantId)
      const isShown = sightOf(session, undefined) === 'personal'
      return Promise.all(
        persons.map(async (person) => {
          const said = await store.contributions(tenantId, person.id, LEADS_LISTED_MAX)
          const fields = await personFields({ tenantId, said, rules, isShown, fieldTypes })
          return { ...summaryOf(person), personal: isShown ? ('shown' as const) : ('masked' as const), fields }
        }),
      )
    }
    const ids = (list: readonly string[]): readonly string[] => {
      if (!list.every(isId)) throw noPerson()
      return list
    }

    app.get(
      '/api/v1/persons',
      {
        config: { access: 'person.read' },
        schema: {
          tags,
          security,
          summary: 'List persons, newest first',
          description: 'With `fields=shown`, what each is called and reached by, as far as its newest leads say it.',
          querystring: PersonListQuery,
          response: { 200: PersonPage, ...problems(400, 401, 403, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const { limit, before } = pageAsked(request.query)
        const account = request.query.account ?? null
        if (account !== null && !isId(account)) return { items: [], next_cursor: null }
        const rows = await store.list(tenantId, { before, limit: limit + 1, account })
        const shown = rows.slice(0, limit)
        const last = shown.at(-1)
        const items =
          request.query.fields === 'shown' ? await withFields(sessionOf(request), shown) : shown.map(summaryOf)
        return { items, next_cursor: rows.length > limit && last ? writeCursor(last.id) : null }
      },
    )

    app.post(
      '/api/v1/persons/search',
      {
        config: { access: 'lead.search', audit: { action: 'person.search', resource: 'person' } },
        schema: {
          tags,
          security,
          summary: 'Find persons by an email or phone that one of their leads gave',
          description: 'Exact, by the normal form. In a body, so that personal data stands in no address.',
          body: PersonSearchBody,
          response: { 200: PersonPage, ...problems(400, 401, 403, 406, 413, 415, 500, 503) },
        },
      },
      async (request) => {
        const session = sessionOf(request)
        const { tenantId } = session
        const by = await readSearch({ database, tenantId, asked: request.body })
        const leads = await reader.search(tenantId, by, { limit: LEADS_SEARCHED_MAX, before: null })
        const rows = await store.ofLeads(
          tenantId,
          leads.map(({ id }) => id),
        )
        request.auditData = { by: Object.keys(by), found: rows.length }
        return { items: await withFields(session, rows), next_cursor: null }
      },
    )

    app.get(
      '/api/v1/persons/survivorship',
      {
        config: { access: 'person.read' },
        schema: {
          tags,
          security,
          summary: 'Read which of several values is a person’s',
          response: { 200: SurvivorshipView, ...problems(401, 403, 406, 500, 503) },
        },
      },
      async (request) => {
        const { otherwise, fields, trusted } = await store.survivorship(sessionOf(request).tenantId)
        return { otherwise: [...otherwise], fields, trusted: [...trusted] }
      },
    )

    app.put(
      '/api/v1/persons/survivorship',
      {
        config: { access: 'settings.edit' },
        schema: {
          tags,
          security,
          summary: 'Say which of several values is a person’s',
          description: 'Holds for all persons at once, those there are included: nothing is stored of it.',
          body: SurvivorshipBody,
          response: { 200: SurvivorshipView, ...problems(400, 401, 403, 406, 413, 415, 500, 503) },
        },
      },
      async (request) => {
        await store.setSurvivorship(sessionOf(request).tenantId, request.body, clock.now())
        return request.body
      },
    )

    app.get(
      '/api/v1/persons/:id',
      {
        config: { access: 'person.read', audit: { action: 'person.read', resource: 'person' } },
        schema: {
          tags,
          security,
          summary: 'Read a person',
          description:
            'Field by field the value that survived of those its leads gave, and which lead gave it. Of one that turned out to be another, that other. Personal data is masked for roles that may not see it, and where `personal=masked` asks for it.',
          params: PersonParams,
          querystring: SightQuery,
          response: { 200: PersonDetail, ...problems(401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => {
        const session = sessionOf(request)
        const { tenantId } = session
        const person = await found(tenantId, request.params.id)
        const isShown = sightOf(session, request.query.personal) === 'personal'
        request.auditData = { personal: isShown }
        const said = await store.contributions(tenantId, person.id, LEADS_READ_MAX)
        const rules = await store.survivorship(tenantId)
        const fields = await personFields({ tenantId, said, rules, isShown, fieldTypes })
        return { ...summaryOf(person), personal: isShown ? ('shown' as const) : ('masked' as const), fields }
      },
    )

    app.get(
      '/api/v1/persons/:id/timeline',
      {
        config: { access: 'person.read', audit: { action: 'person.timeline_read', resource: 'person' } },
        schema: {
          tags,
          security,
          summary: 'Read what happened with a person, over all its leads',
          params: PersonParams,
          querystring: TimelineQuery,
          response: { 200: Timeline, ...problems(400, 401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const person = await found(tenantId, request.params.id)
        const { limit, before } = pageAsked(request.query)
        const rows = await store.leads(tenantId, person.id, { before, limit: limit + 1 })
        const leads = rows.slice(0, limit)
        const last = leads.at(-1)
        const more = rows.length > limit && last !== undefined
        // Events between this page's leads; those older than all leads stand on the last page.
        const events = (await store.events(tenantId, person.id)).filter(
          ({ at }) => (!more || firstIdAt(at) >= last.id) && (before === null || firstIdAt(at) < before),
        )
        const items = [...leads.map(leadItem), ...events.map(eventItem)]
        items.sort((a, b) => (a.at === b.at ? (a.id < b.id ? 1 : -1) : a.at < b.at ? 1 : -1))
        return { items, next_cursor: more ? writeCursor(last.id) : null }
      },
    )

    const change = {
      config: { access: 'person.edit' as const },
      response: problems(400, 401, 403, 404, 406, 413, 415, 500, 503),
    }

    app.post(
      '/api/v1/persons/:id/merge',
      {
        config: change.config,
        schema: {
          tags,
          security,
          summary: 'Say that persons are one',
          description: 'The oldest stands for all. The history of no lead is rewritten; `unmerge` takes it back whole.',
          params: PersonParams,
          body: MergeBody,
          response: { 200: PersonChanged, ...change.response },
        },
      },
      async (request) => {
        const { tenantId, userId } = sessionOf(request)
        const [person = '', ...persons] = ids([request.params.id, ...request.body.persons])
        const changed = await changes.merge({ tenantId, person, persons, by: userId, at: clock.now() })
        return { id: changed.person, other: changed.other, events: [...changed.events] }
      },
    )

    app.post(
      '/api/v1/persons/:id/unmerge',
      {
        config: change.config,
        schema: {
          tags,
          security,
          summary: 'Take a merge back',
          description:
            'Whoever came by it stands by itself again, and no lead joins the two any more; merging them again does.',
          params: PersonParams,
          body: UnmergeBody,
          response: { 200: PersonChanged, ...change.response },
        },
      },
      async (request) => {
        const { tenantId, userId } = sessionOf(request)
        const [person = '', event = ''] = ids([request.params.id, request.body.event])
        const changed = await changes.unmerge({ tenantId, person, event, by: userId, at: clock.now() })
        return { id: changed.person, other: changed.other, events: [...changed.events] }
      },
    )

    app.post(
      '/api/v1/persons/:id/split',
      {
        config: change.config,
        schema: {
          tags,
          security,
          summary: 'Say that leads are another person’s',
          description:
            'The oldest of them begins a person, found by what these leads say. A later lead that is the same as both persons belongs to the likelier, else to the older. A person’s first lead stays. Merging the two takes it back.',
          params: PersonParams,
          body: SplitBody,
          response: { 200: PersonChanged, ...change.response },
        },
      },
      async (request) => {
        const { tenantId, userId } = sessionOf(request)
        const [person = '', ...leads] = ids([request.params.id, ...request.body.leads])
        const changed = await changes.split({ tenantId, person, leads, by: userId, at: clock.now() })
        return { id: changed.person, other: changed.other, events: [...changed.events] }
      },
    )
  }
