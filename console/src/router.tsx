import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { Broken } from './shell/broken.tsx'
import { NotFound } from './shell/not-found.tsx'
import { Shell } from './shell/shell.tsx'

/** What a person filters leads by: it stands in the address, and so never holds anything personal. */
export interface LeadSearch {
  readonly flow?: string
  readonly source?: string
  readonly outcome?: string
  readonly status?: string
  readonly code?: string
  readonly assignee?: string
  /** `no`: without those that were only tried. */
  readonly test?: string
  readonly from?: string
  readonly to?: string
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined

const pick =
  <Name extends string>(...names: readonly Name[]) =>
  (search: Record<string, unknown>): { [N in Name]?: string } => {
    const picked: { [N in Name]?: string } = {}
    for (const name of names) {
      const value = text(search[name])
      if (value !== undefined) picked[name] = value
    }
    return picked
  }

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound, errorComponent: Broken })

const overview = createRoute({
  getParentRoute: () => root,
  path: '/',
  validateSearch: pick('range', 'flow', 'source', 'compare'),
  component: lazyRouteComponent(() => import('./screens/overview.tsx'), 'Overview'),
})
const leads = createRoute({
  getParentRoute: () => root,
  path: '/leads',
  validateSearch: pick('flow', 'source', 'outcome', 'status', 'code', 'assignee', 'test', 'from', 'to'),
  component: lazyRouteComponent(() => import('./screens/leads.tsx'), 'Leads'),
})
const lead = createRoute({
  getParentRoute: () => root,
  path: '/leads/$id',
  validateSearch: pick('tab'),
  component: lazyRouteComponent(() => import('./screens/lead.tsx'), 'Lead'),
})
const review = createRoute({
  getParentRoute: () => root,
  path: '/review',
  validateSearch: pick('queue', 'sort'),
  component: lazyRouteComponent(() => import('./screens/review.tsx'), 'Review'),
})
const flows = createRoute({
  getParentRoute: () => root,
  path: '/flows',
  component: lazyRouteComponent(() => import('./screens/flows.tsx'), 'Flows'),
})
const flow = createRoute({
  getParentRoute: () => root,
  path: '/flows/$flow',
  validateSearch: pick('tab', 'version'),
  component: lazyRouteComponent(() => import('./screens/flow.tsx'), 'Flow'),
})
const sources = createRoute({
  getParentRoute: () => root,
  path: '/sources',
  component: lazyRouteComponent(() => import('./screens/sources.tsx'), 'Sources'),
})
const source = createRoute({
  getParentRoute: () => root,
  path: '/sources/$flow/$source',
  component: lazyRouteComponent(() => import('./screens/source.tsx'), 'Source'),
})
const destinations = createRoute({
  getParentRoute: () => root,
  path: '/destinations',
  validateSearch: pick('range'),
  component: lazyRouteComponent(() => import('./screens/destinations.tsx'), 'Destinations'),
})
const destination = createRoute({
  getParentRoute: () => root,
  path: '/destinations/$flow/$destination',
  validateSearch: pick('range'),
  component: lazyRouteComponent(() => import('./screens/destination.tsx'), 'Destination'),
})
const buyers = createRoute({
  getParentRoute: () => root,
  path: '/buyers',
  validateSearch: pick('range'),
  component: lazyRouteComponent(() => import('./screens/buyers.tsx'), 'Buyers'),
})
const buyer = createRoute({
  getParentRoute: () => root,
  path: '/buyers/$buyer',
  validateSearch: pick('range'),
  component: lazyRouteComponent(() => import('./screens/buyer.tsx'), 'Buyer'),
})
const caps = createRoute({
  getParentRoute: () => root,
  path: '/caps',
  validateSearch: pick('flow'),
  component: lazyRouteComponent(() => import('./screens/caps.tsx'), 'Caps'),
})
const persons = createRoute({
  getParentRoute: () => root,
  path: '/persons',
  validateSearch: pick('tab', 'account'),
  component: lazyRouteComponent(() => import('./screens/persons.tsx'), 'Persons'),
})
const person = createRoute({
  getParentRoute: () => root,
  path: '/persons/$id',
  component: lazyRouteComponent(() => import('./screens/person.tsx'), 'Person'),
})
const lists = createRoute({
  getParentRoute: () => root,
  path: '/lists',
  component: lazyRouteComponent(() => import('./screens/lists.tsx'), 'Lists'),
})
const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  validateSearch: pick('tab'),
  component: lazyRouteComponent(() => import('./screens/settings.tsx'), 'Settings'),
})
const deliveries = createRoute({
  getParentRoute: () => root,
  path: '/deliveries',
  validateSearch: pick('state', 'destination', 'flow', 'code'),
  component: lazyRouteComponent(() => import('./screens/deliveries.tsx'), 'Deliveries'),
})
const privacy = createRoute({
  getParentRoute: () => root,
  path: '/privacy',
  validateSearch: pick('tab'),
  component: lazyRouteComponent(() => import('./screens/privacy.tsx'), 'Privacy'),
})
const audit = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  validateSearch: pick('action', 'actor', 'resource_id'),
  component: lazyRouteComponent(() => import('./screens/audit.tsx'), 'Audit'),
})
const welcome = createRoute({
  getParentRoute: () => root,
  path: '/welcome',
  component: lazyRouteComponent(() => import('./screens/welcome.tsx'), 'Welcome'),
})

export const router = createRouter({
  routeTree: root.addChildren([
    overview,
    leads,
    lead,
    review,
    flows,
    flow,
    sources,
    source,
    lists,
    audit,
    settings,
    welcome,
    deliveries,
    privacy,
    destinations,
    destination,
    buyers,
    buyer,
    caps,
    persons,
    person,
  ]),
  defaultPreload: 'intent',
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
