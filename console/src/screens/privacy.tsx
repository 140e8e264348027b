import { Tabs } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'
import type { ComponentType } from 'react'
import { ConsentTab } from '../privacy/consent-tab.tsx'
import { HoldsTab } from '../privacy/holds-tab.tsx'
import { RequestsTab } from '../privacy/requests-tab.tsx'
import { useMay } from '../rights.ts'
import { Page } from '../shell/page.tsx'
import { type TextKey, t } from '../text.ts'

const TABS: readonly { id: string; text: TextKey; permission: string; part: ComponentType }[] = [
  { id: 'requests', text: 'privacy.requests', permission: 'privacy.read', part: RequestsTab },
  { id: 'consent', text: 'privacy.consent', permission: 'lead.search', part: ConsentTab },
  { id: 'holds', text: 'privacy.holds', permission: 'privacy.read', part: HoldsTab },
]

/** What persons asked for, what they agreed to, and what must be kept all the same. */
export const Privacy = () => {
  const { tab } = useSearch({ from: '/privacy' })
  const go = useNavigate()
  const may = useMay()
  const tabs = TABS.filter(({ permission }) => may(permission))
  const open = tabs.find(({ id }) => id === tab)?.id ?? tabs[0]?.id ?? ''
  return (
    <Page title={t('nav.privacy')}>
      <Tabs value={open} onChange={(id) => void go({ to: '/privacy', search: { tab: id ?? undefined } })}>
        <Tabs.List>
          {tabs.map(({ id, text }) => (
            <Tabs.Tab key={id} value={id}>
              {t(text)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {tabs.map(({ id, part: Part }) => (
          <Tabs.Panel key={id} value={id} pt={16}>
            {id === open && <Part />}
          </Tabs.Panel>
        ))}
      </Tabs>
    </Page>
  )
}
