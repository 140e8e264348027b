import { Textarea, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ask } from '../api/client.ts'
import { FormEnd, Refused } from '../components/dialog.tsx'
import { Loaded } from '../components/loaded.tsx'
import { Meter } from '../components/meter.tsx'
import { useMay } from '../rights.ts'
import { bytes, number, t } from '../text.ts'

interface Tenant {
  readonly id: string
  readonly slug: string
  readonly name: string
  readonly limits: Readonly<Record<string, number | null>>
  readonly usage: { readonly leads_this_month: number; readonly storage_bytes: number | null }
  readonly cors_origins: readonly string[]
}

const Use = ({ tenant }: { readonly tenant: Tenant }) => {
  const { limits, usage } = tenant
  const rows = [
    { name: t('tenant.leads_month'), used: usage.leads_this_month, max: limits.leads_month ?? null, text: number },
    { name: t('tenant.storage'), used: usage.storage_bytes, max: limits.storage_bytes ?? null, text: bytes },
  ]
  return (
    <section className="card" aria-label={t('tenant.use')}>
      <div className="card-head">
        <h2>{t('tenant.use')}</h2>
      </div>
      <div className="card-body">
        <dl className="pairs">
          {rows.map(({ name, used, max, text }) => (
            <div key={name} style={{ display: 'contents' }}>
              <dt>{name}</dt>
              <dd>
                {used === null ? (
                  '–'
                ) : max === null ? (
                  text(used)
                ) : (
                  <Meter
                    share={used / Math.max(1, max)}
                    label={name}
                    text={t('caps.used', { used: text(used), max: text(max) })}
                  />
                )}
              </dd>
            </div>
          ))}
          {(['requests_minute', 'source_requests_minute', 'destinations'] as const).map((limit) => (
            <div key={limit} style={{ display: 'contents' }}>
              <dt>{t(`tenant.${limit}`)}</dt>
              <dd className="num">{limits[limit] == null ? t('tenant.no_limit') : number(limits[limit])}</dd>
            </div>
          ))}
        </dl>
      </div>
    </section>
  )
}

const TenantForm = ({ kept }: { readonly kept: Tenant }) => {
  const client = useQueryClient()
  const may = useMay()
  const [name, setName] = useState(kept.name)
  const [origins, setOrigins] = useState(kept.cors_origins.join('\n'))
  const save = useMutation({
    mutationFn: () =>
      ask('/api/v1/tenant', {
        method: 'PATCH',
        body: {
          name,
          cors_origins: origins
            .split('\n')
            .map((line) => line.trim())
            .filter(Boolean),
        },
      }),
    onSuccess: () => {
      notifications.show({ message: t('action.saved') })
      void client.invalidateQueries({ queryKey: ['tenant'] })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  return (
    <form className="card card-body stack" onSubmit={submit} aria-label={t('settings.tenant')}>
      <h2>{t('settings.tenant')}</h2>
      <dl className="pairs">
        <dt>{t('tenant.slug')}</dt>
        <dd className="mono">{kept.slug}</dd>
        <dt>{t('tenant.id')}</dt>
        <dd className="mono">{kept.id}</dd>
      </dl>
      <TextInput
        label={t('sources.name')}
        required
        maxLength={100}
        disabled={!may('settings.edit')}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Textarea
        label={t('tenant.origins')}
        description={t('tenant.origins_hint')}
        placeholder="https://www.example.com"
        autosize
        minRows={2}
        disabled={!may('settings.edit')}
        value={origins}
        onChange={(event) => setOrigins(event.currentTarget.value)}
      />
      <Refused error={save.error} />
      {may('settings.edit') && <FormEnd submit={t('action.save')} busy={save.isPending} />}
    </form>
  )
}

/** The tenant itself: its name, which sites may submit from a browser, its limits and what it has used of them. */
export const TenantTab = () => {
  const tenant = useQuery({ queryKey: ['tenant'], queryFn: () => ask('/api/v1/tenant') })
  return (
    <Loaded query={tenant} height={300}>
      {(kept) => (
        <div className="columns">
          <TenantForm kept={kept} />
          <Use tenant={kept} />
        </div>
      )}
    </Loaded>
  )
}
