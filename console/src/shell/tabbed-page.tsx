import { Tabs } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'
import type { ComponentType } from 'react'
import { useMay } from '../rights.ts'
import { type TextKey, t } from '../text.ts'
import { Page } from './page.tsx'

export interface Tab {
  readonly id: string
  readonly text: TextKey
  /** What one must be allowed to do to see it; null: for all. */
  readonly permission: string | null
  readonly part: ComponentType
}

/** A page in parts, one shown at a time; the address says which. */
export const TabbedPage = (props: {
  readonly title: string
  readonly at: '/privacy' | '/settings'
  readonly tabs: readonly Tab[]
}) => {
  const { tab } = useSearch({ from: props.at })
  const go = useNavigate()
  const may = useMay()
  const tabs = props.tabs.filter(({ permission }) => permission === null || may(permission))
  const open = tabs.find(({ id }) => id === tab)?.id ?? tabs[0]?.id ?? ''
  return (
    <Page title={props.title}>
      <Tabs value={open} onChange={(id) => void go({ to: props.at, search: { tab: id ?? undefined } })}>
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
