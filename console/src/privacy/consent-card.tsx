import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { ask } from '../api/client.ts'
import { Loaded } from '../components/loaded.tsx'
import { useMay } from '../rights.ts'
import { t } from '../text.ts'
import { Channels } from './consent-records.tsx'
import { Revoke } from './revoke.tsx'

/** How the consents of a lead's person stand. */
export const ConsentCard = ({ lead }: { readonly lead: string }) => {
  const may = useMay()
  const [isRevoking, setRevoking] = useState(false)
  const state = useQuery({
    queryKey: ['consent', lead],
    queryFn: () => ask('/api/v1/consent/state', { method: 'POST', body: { lead_id: lead } }),
  })
  return (
    <section className="card" aria-label={t('privacy.consent')}>
      <div className="card-head">
        <h2>{t('privacy.consent')}</h2>
        {may('consent.edit') && (
          <Button variant="default" onClick={() => setRevoking(true)}>
            {t('consent.revoke')}
          </Button>
        )}
      </div>
      <div className="card-body">
        <Loaded query={state} height={28}>
          {(read) => <Channels state={read} />}
        </Loaded>
      </div>
      {isRevoking && <Revoke who={{ lead_id: lead }} onClose={() => setRevoking(false)} />}
    </section>
  )
}
