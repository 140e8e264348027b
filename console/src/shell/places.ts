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
  /** Pressed after `g`, it goes there. */
  readonly key: string
  /** Any of these opens it. */
  readonly rights: readonly string[]
}

/** Where one may go: each screen answers one question. */
export const GROUPS: readonly { readonly title: TextKey | null; readonly places: readonly Place[] }[] = [
  {
    title: null,
    places: [
      { to: '/', key: 'o', text: 'nav.overview', icon: IconChartHistogram, rights: ['report.read'] },
      { to: '/leads', key: 'l', text: 'nav.leads', icon: IconListSearch, rights: ['lead.read'] },
      { to: '/review', key: 'r', text: 'nav.review', icon: IconChecklist, rights: ['lead.review'] },
    ],
  },
  {
    title: 'nav.build',
    places: [
      { to: '/flows', key: 'f', text: 'nav.flows', icon: IconRoute, rights: ['flow.read'] },
      { to: '/sources', key: 's', text: 'nav.sources', icon: IconPlugConnected, rights: ['source.read'] },
      {
        to: '/destinations',
        key: 'd',
        text: 'nav.destinations',
        icon: IconTruckDelivery,
        rights: ['destination.read'],
      },
      { to: '/lists', key: 'i', text: 'nav.lists', icon: IconBan, rights: ['list.read'] },
    ],
  },
  {
    title: 'nav.run',
    places: [
      { to: '/deliveries', key: 'q', text: 'nav.deliveries', icon: IconSend, rights: ['job.read'] },
      { to: '/buyers', key: 'b', text: 'nav.buyers', icon: IconBuildingStore, rights: ['buyer.read'] },
      { to: '/caps', key: 'c', text: 'nav.caps', icon: IconGauge, rights: ['flow.read'] },
    ],
  },
  {
    title: 'nav.govern',
    places: [
      { to: '/persons', key: 'p', text: 'nav.persons', icon: IconUsers, rights: ['person.read'] },
      { to: '/privacy', key: 'v', text: 'nav.privacy', icon: IconShieldLock, rights: ['privacy.read', 'lead.search'] },
      { to: '/audit', key: 'a', text: 'nav.audit', icon: IconFingerprint, rights: ['audit.read'] },
      { to: '/settings', key: 't', text: 'nav.settings', icon: IconSettings, rights: ['lead.read'] },
    ],
  },
]

/** All of them that one may open. */
export const placesOf = (may: (permission: string) => boolean): readonly Place[] =>
  GROUPS.flatMap(({ places }) => places).filter(({ rights }) => rights.some(may))

/** The first screen that one may see. */
export const homeOf = (may: (permission: string) => boolean): string => placesOf(may)[0]?.to ?? '/settings'
