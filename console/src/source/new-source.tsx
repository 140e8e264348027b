import { Button, CopyButton, Modal, NumberInput, Select, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api } from '../api/client.ts'
import type { FlowDetail, FlowSummary } from '../api/types.ts'
import { Refused } from '../components/dialog.tsx'
import { t } from '../text.ts'
import { idOf } from './id-of.ts'

interface Published {
  readonly version: number
  readonly source_keys: readonly { readonly source: string; readonly key: string }[]
}

/** A name, a flow, a price: then its key, shown once. */
export const NewSource = ({ onClose }: { readonly onClose: () => void }) => {
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [flow, setFlow] = useState<string | null>(null)
  const [price, setPrice] = useState<number | string>('')
  const flows = useQuery({ queryKey: ['flows'], queryFn: () => api<{ items: FlowSummary[] }>('/api/v1/flows') })
  const chosen = flow ?? flows.data?.items[0]?.id ?? null
  const id = idOf(name)
  const add = useMutation({
    mutationFn: async () => {
      const [detail, { outlineOf, withSource }] = await Promise.all([
        api<FlowDetail>(`/api/v1/flows/${chosen}`),
        import('../flow/document.ts'),
      ])
      if (outlineOf(detail.document)?.sources.some((source) => source.id === id))
        throw new Error(t('sources.taken', { id }))
      const currency = /^currency:\s*([A-Z]{3})/m.exec(detail.document)?.[1] ?? 'USD'
      const document = withSource(detail.document, {
        id,
        name,
        price: price === '' ? null : `${Number(price).toFixed(2)} ${currency}`,
      })
      return api<Published>('/api/v1/flows', { method: 'POST', body: { document } })
    },
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['sources'] })
      void client.invalidateQueries({ queryKey: ['flows'] })
    },
  })
  const key = add.data?.source_keys.find(({ source }) => source === id)?.key
  const submit = (event: FormEvent) => {
    event.preventDefault()
    add.mutate()
  }
  return (
    <Modal opened onClose={onClose} title={t('sources.new')}>
      {key === undefined ? (
        <form className="stack" onSubmit={submit}>
          <Refused error={add.error} />
          <TextInput
            data-autofocus
            label={t('sources.name')}
            placeholder="Facebook lead ads"
            description={id === '' ? undefined : t('sources.id', { id })}
            required
            maxLength={60}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Select
            label={t('column.flow')}
            data={(flows.data?.items ?? []).map((each) => each.id)}
            value={chosen}
            onChange={setFlow}
            allowDeselect={false}
          />
          <NumberInput
            label={t('sources.price')}
            size="xs"
            min={0}
            decimalScale={2}
            value={price}
            onChange={setPrice}
          />
          <div className="row" style={{ justifyContent: 'flex-end' }}>
            <Button variant="default" onClick={onClose}>
              {t('action.cancel')}
            </Button>
            <Button type="submit" disabled={id === '' || chosen === null} loading={add.isPending}>
              {t('sources.create')}
            </Button>
          </div>
        </form>
      ) : (
        <div className="stack">
          <p>{t('sources.key_once')}</p>
          <pre className="code" data-testid="source-key">
            {key}
          </pre>
          <div className="row" style={{ justifyContent: 'flex-end' }}>
            <CopyButton value={key}>
              {({ copied, copy }) => (
                <Button variant="default" onClick={copy}>
                  {copied ? t('action.copied') : t('action.copy')}
                </Button>
              )}
            </CopyButton>
            <Button onClick={onClose}>{t('action.done')}</Button>
          </div>
        </div>
      )}
    </Modal>
  )
}
