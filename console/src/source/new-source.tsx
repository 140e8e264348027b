import { NumberInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ask } from '../api/client.ts'
import { Dialog } from '../components/dialog.tsx'
import { Once } from '../components/once.tsx'
import { t } from '../text.ts'
import { NameAndFlow, useNameAndFlow } from './name-and-flow.tsx'

/** What a flow is priced in. */
const currencyOf = (document: string): string => /^currency:\s*([A-Z]{3})/m.exec(document)?.[1] ?? 'USD'

/** A name, a flow, a price: then its key, shown once. */
export const NewSource = ({ onClose }: { readonly onClose: () => void }) => {
  const client = useQueryClient()
  const place = useNameAndFlow()
  const { name, id, flow } = place
  const [price, setPrice] = useState<number | string>('')
  const detail = useQuery({
    queryKey: ['flow', flow],
    queryFn: () => ask(`/api/v1/flows/${flow}`),
    enabled: flow !== null,
  })
  const currency = currencyOf(detail.data?.document ?? '')
  const add = useMutation({
    mutationFn: async () => {
      const [newest, { outlineOf, withSource }] = await Promise.all([
        ask(`/api/v1/flows/${flow}`),
        import('../flow/document.ts'),
      ])
      if (outlineOf(newest.document)?.sources.some((source) => source.id === id))
        throw new Error(t('sources.taken', { id }))
      const document = withSource(newest.document, {
        id,
        name,
        price: price === '' ? null : `${Number(price).toFixed(2)} ${currencyOf(newest.document)}`,
      })
      return ask('/api/v1/flows', { method: 'POST', body: { document, base_version: newest.version } })
    },
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['sources'] })
      void client.invalidateQueries({ queryKey: ['flows'] })
      void client.invalidateQueries({ queryKey: ['flow', flow] })
    },
  })
  const key = add.data?.source_keys.find(({ source }) => source === id)?.key
  if (key !== undefined)
    return <Once title={t('sources.new')} text={t('sources.key_once')} value={key} onClose={onClose} />
  return (
    <Dialog
      title={t('sources.new')}
      submit={t('sources.create')}
      busy={add.isPending}
      error={add.error}
      disabled={id === '' || flow === null}
      onSubmit={() => add.mutate()}
      onClose={onClose}
    >
      <NameAndFlow value={place} placeholder="Facebook lead ads" />
      <NumberInput
        label={t('sources.price', { currency })}
        size="xs"
        min={0}
        decimalScale={2}
        value={price}
        onChange={setPrice}
      />
    </Dialog>
  )
}
