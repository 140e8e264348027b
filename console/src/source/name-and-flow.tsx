import { Select, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useFlows } from '../flow/use-flows.ts'
import { t } from '../text.ts'
import { idOf } from './id-of.ts'

/** What is new in a flow: the name it is given, the id that this makes, and the flow; the first unless another is chosen. */
export const useNameAndFlow = () => {
  const [name, setName] = useState('')
  const [chosen, setFlow] = useState<string | null>(null)
  const flows = (useFlows().data?.items ?? []).map(({ id }) => id)
  return { name, setName, id: idOf(name), flow: chosen ?? flows[0] ?? null, setFlow, flows }
}

export const NameAndFlow = (props: {
  readonly value: ReturnType<typeof useNameAndFlow>
  readonly placeholder: string
}) => {
  const { name, setName, id, flow, setFlow, flows } = props.value
  return (
    <>
      <TextInput
        data-autofocus
        label={t('sources.name')}
        placeholder={props.placeholder}
        description={id === '' ? undefined : t('sources.id', { id })}
        required
        maxLength={60}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Select label={t('column.flow')} data={flows} value={flow} onChange={setFlow} allowDeselect={false} />
    </>
  )
}
