import { Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { ask } from '../api/client.ts'
import { CapList } from '../caps/cap-list.tsx'
import { fullness } from '../caps/cap-words.ts'
import { Empty } from '../components/empty.tsx'
import { Loaded } from '../components/loaded.tsx'
import { Page } from '../shell/page.tsx'
import { t } from '../text.ts'

/** What is nearly full, first: every cap of every flow, as it counts now. */
export const Caps = () => {
  const { flow } = useSearch({ from: '/caps' })
  const go = useNavigate()
  const caps = useQuery({
    queryKey: ['caps'],
    queryFn: () => ask('/api/v1/caps'),
    refetchInterval: 5_000,
  })
  const flows = [...new Set((caps.data?.items ?? []).map((cap) => cap.flow))].sort()
  return (
    <Page
      title={t('nav.caps')}
      actions={
        flows.length > 1 && (
          <Select
            aria-label={t('column.flow')}
            placeholder={t('overview.any_flow')}
            clearable
            clearButtonProps={{ 'aria-label': t('overview.any_flow') }}
            data={flows}
            value={flow ?? null}
            onChange={(chosen) => void go({ to: '/caps', search: { flow: chosen ?? undefined } })}
          />
        )
      }
    >
      <Loaded query={caps}>
        {({ items }) => {
          const shown = items
            .filter((cap) => flow === undefined || cap.flow === flow)
            .sort((a, b) => fullness(b) - fullness(a) || (a.id < b.id ? -1 : 1))
          return shown.length === 0 ? (
            <Empty title={t('caps.none')} text={t('caps.none_text')} />
          ) : (
            <CapList caps={shown} whole />
          )
        }}
      </Loaded>
    </Page>
  )
}
