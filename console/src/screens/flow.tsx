import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { api } from '../api/client.ts'
import type { FlowDetail } from '../api/types.ts'
import { Failed } from '../components/failed.tsx'
import { Page } from '../shell/page.tsx'
import { t } from '../text.ts'

export const Flow = () => {
  const { flow } = useParams({ from: '/flows/$flow' })
  const detail = useQuery({ queryKey: ['flow', flow], queryFn: () => api<FlowDetail>(`/api/v1/flows/${flow}`) })
  return (
    <Page title={flow} crumb={<Link to="/flows">{t('nav.flows')}</Link>}>
      {detail.error !== null ? (
        <Failed error={detail.error} onRetry={() => void detail.refetch()} />
      ) : detail.data === undefined ? (
        <Skeleton height={400} radius={8} />
      ) : (
        <pre className="code" tabIndex={0}>
          {detail.data.document}
        </pre>
      )}
    </Page>
  )
}
