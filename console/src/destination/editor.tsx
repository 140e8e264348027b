import { Button, SegmentedControl, Skeleton, Textarea } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ask } from '../api/client.ts'
import type { Destination, DestinationType, FlowDetail } from '../api/types.ts'
import { FormEnd } from '../components/dialog.tsx'
import { configText, outlineOf, readConfig, withDestination } from '../flow/document.ts'
import { PublishForm } from '../flow/publish-form.tsx'
import { useMay } from '../rights.ts'
import { t } from '../text.ts'
import type { Schema, Values } from './schema.ts'
import { SettingFields } from './setting-field.tsx'

const text = (description: string): Schema => ({ type: 'string', description })

/** What any destination takes, whatever its type. */
const COMMON: Readonly<Record<string, Schema>> = {
  name: text(t('destination_text.name')),
  attempts: { type: 'integer', minimum: 1, maximum: 100, description: t('destination_text.attempts') },
  retry_delay: text(t('destination_text.retry_delay')),
  timeout: text(t('destination_text.timeout')),
  rate: text(t('destination_text.rate')),
  concurrency: { type: 'integer', minimum: 1, maximum: 10_000, description: t('destination_text.concurrency') },
  buyer: text(t('destination_text.buyer')),
  price: {},
  floor: text(t('destination_text.floor')),
  margin: text(t('destination_text.margin')),
  schedule: {},
  caps: {},
}

export const schemaWith = (type: DestinationType): Schema => {
  const own = type.settings as Schema
  return { ...own, properties: { ...own.properties, ...COMMON } }
}

export const useSecrets = (): readonly string[] => {
  const may = useMay()
  const { data } = useQuery({
    queryKey: ['secrets'],
    queryFn: () => ask('/api/v1/secrets'),
    enabled: may('secret.read'),
  })
  return data?.items.map(({ name }) => name) ?? []
}

export const useDestinationTypes = () =>
  useQuery({
    queryKey: ['destination-types'],
    queryFn: () => ask('/api/v1/destinations/types'),
    staleTime: Number.POSITIVE_INFINITY,
  })

type Way = 'form' | 'yaml'

/** Settings as a form made from the type's schema, or as they stand in the flow. Either is published as a version. */
export const DestinationEditor = (props: { readonly destination: Destination; readonly flow: FlowDetail }) => {
  const { destination, flow } = props
  const client = useQueryClient()
  const kept = outlineOf(flow.document)?.destinationConfigs.get(destination.id) ?? {}
  const [way, setWay] = useState<Way>('form')
  const [config, setConfig] = useState<Values>(kept)
  const [yaml, setYaml] = useState('')
  const [wrong, setWrong] = useState<string | null>(null)
  const [publishing, setPublishing] = useState<Values | null>(null)
  const types = useDestinationTypes()
  const secrets = useSecrets()
  const type = types.data?.items.find((each) => each.type === destination.type)
  const isChanged = JSON.stringify(config) !== JSON.stringify(kept)
  const [before, setBefore] = useState(kept)
  // Somebody published meanwhile: what nobody has touched here follows, and what somebody typed stays.
  if (JSON.stringify(kept) !== JSON.stringify(before)) {
    const isTouched =
      JSON.stringify(config) !== JSON.stringify(before) || (way === 'yaml' && yaml !== configText(before))
    setBefore(kept)
    if (!isTouched) {
      setConfig(kept)
      setYaml(configText(kept))
    }
  }

  const readYaml = (): Values | null => {
    try {
      const read = readConfig(yaml) as Values
      setWrong(null)
      setConfig(read)
      return read
    } catch (error) {
      setWrong(error instanceof Error ? error.message : String(error))
      return null
    }
  }
  const turnTo = (next: Way) => {
    if (next === 'yaml') setYaml(configText(config))
    else if (readYaml() === null) return
    setWay(next)
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setPublishing(way === 'yaml' ? readYaml() : config)
  }
  return (
    <section className="card" aria-label={t('destination.settings')}>
      <div className="card-head">
        <h2>{t('destination.settings')}</h2>
        <SegmentedControl
          size="xs"
          aria-label={t('destination.way')}
          data={[
            { value: 'form', label: t('destination.form') },
            { value: 'yaml', label: 'YAML' },
          ]}
          value={way}
          onChange={(chosen) => turnTo(chosen === 'yaml' ? 'yaml' : 'form')}
        />
      </div>
      <form className="card-body stack" onSubmit={submit}>
        {way === 'yaml' ? (
          <Textarea
            aria-label={t('destination.settings')}
            autosize
            minRows={8}
            maxRows={30}
            styles={{ input: { fontFamily: 'var(--mono)' } }}
            value={yaml}
            error={wrong}
            onChange={(event) => setYaml(event.currentTarget.value)}
          />
        ) : type === undefined ? (
          <Skeleton height={200} />
        ) : (
          <>
            <p className="faint">{type.summary}</p>
            <SettingFields schema={schemaWith(type)} values={config} onChange={setConfig} secrets={secrets} />
          </>
        )}
        <FormEnd
          submit={t('destination.review')}
          busy={false}
          disabled={way === 'form' && !isChanged}
          more={
            isChanged && (
              <Button
                variant="subtle"
                color="gray"
                onClick={() => {
                  setConfig(kept)
                  setYaml(configText(kept))
                }}
              >
                {t('flow.discard')}
              </Button>
            )
          }
        />
      </form>
      {publishing !== null && (
        <PublishForm
          flow={flow.id}
          // Of the flow as it is now: whoever was quicker with another part of it keeps theirs.
          text={withDestination(flow.document, destination.id, publishing)}
          base={{ version: flow.version, document: flow.document }}
          onClose={() => setPublishing(null)}
          onPublished={() => {
            setPublishing(null)
            void client.invalidateQueries({ queryKey: ['destinations'] })
          }}
        />
      )}
    </section>
  )
}
