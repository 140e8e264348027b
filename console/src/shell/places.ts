import {
  IconBan,
  IconBuildingStore,
  IconChartHistogram,
  IconChecklist,
  IconFingerprint,
  IconGauge,
  IconListSearch,
  IconPlugConnected,
  IconRoute,
  IconSend,
  IconSettings,
  IconShieldLock,
  IconTruckDelivery,
  IconUsers,
} from '@tabler/icons-react'
import type { ComponentType } from 'react'
import type { TextKey } from '../text.ts'

export interface Place {
  readonly to: string
  readonly text: TextKey
  readonly icon: ComponentType<{ 'aria-hidden'?: boolean }>
  /** Any of these opens it. */
  readonly rights: readonly string[]
}

/** Where one may go: each screen answers one question. */
export const GROUPS: readonly { readonly title: TextKey | null; readonly places: readonly Place[] }[] = [
  {
    title: null,
    places: [
      { to: '/', text: 'nav.overview', icon: IconChartHistogram, rights: ['report.read'] },
      { to: '/leads', text: 'nav.leads', icon: IconListSearch, rights: ['lead.read'] },
      { to: '/review', text: 'nav.review', icon: IconChecklist, rights: ['lead.review'] },
    ],
  },
  {
    title: 'nav.build',
    places: [
      { to: '/flows', text: 'nav.flows', icon: IconRoute, rights: ['flow.read'] },
      { to: '/sources', text: 'nav.sources', icon: IconPlugConnected, rights: ['source.read'] },
      { to: '/destinations', text: 'nav.destinations', icon: IconTruckDelivery, rights: ['destination.read'] },
      { to: '/lists', text: 'nav.lists', icon: IconBan, rights: ['list.read'] },
    ],
  },
  {
    title: 'nav.run',
    places: [
      { to: '/deliveries', text: 'nav.deliveries', icon: IconSend, rights: ['job.read'] },
      { to: '/buyers', text: 'nav.buyers', icon: IconBuildingStore, rights: ['buyer.read'] },
      { to: '/caps', text: 'nav.caps', icon: IconGauge, rights: ['flow.read'] },
    ],
  },
  {
    title: 'nav.govern',
    places: [
      { to: '/persons', text: 'nav.persons', icon: IconUsers, rights: ['person.read'] },
      { to: '/privacy', text: 'nav.privacy', icon: IconShieldLock, rights: ['privacy.read', 'lead.search'] },
      { to: '/audit', text: 'nav.audit', icon: IconFingerprint, rights: ['audit.read'] },
      { to: '/settings', text: 'nav.settings', icon: IconSettings, rights: ['lead.read'] },
    ],
  },
]

/** The first screen that one may see. */
export const homeOf = (may: (permission: string) => boolean): string =>
  GROUPS.flatMap(({ places }) => places).find(({ rights }) => rights.some(may))?.to ?? '/settings'
