import { Autocomplete, Button, NumberInput, Select, Switch, Textarea, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { configText, readConfig } from '../flow/document.ts'
import { named, t } from '../text.ts'
import { kindOf, type Schema, type Values, valuesOf, variantKey, withValue } from './schema.ts'

/** Words with `code` in them. */
const described = (text: string | undefined): ReactNode =>
  text?.split('`').map((part, at) => (at % 2 === 1 ? <code key={part}>{part}</code> : part))

interface FieldProps {
  readonly name: string
  readonly schema: Schema
  readonly value: unknown
  readonly onChange: (value: unknown) => void
  readonly required: boolean
  /** Names of stored secrets, to choose from. */
  readonly secrets: readonly string[]
}

/** Lists and maps are typed in lines and kept as text until they are read again. */
const Lines = (
  props: FieldProps & { readonly read: (text: string) => unknown; readonly shown: string; readonly mono?: boolean },
) => {
  const { name, schema, required, shown, read, onChange, mono = false } = props
  const [text, setText] = useState(shown)
  const [wrong, setWrong] = useState<string | null>(null)
  return (
    <Textarea
      label={named('setting', name)}
      description={described(schema.description)}
      required={required}
      autosize
      minRows={2}
      maxRows={10}
      {...(mono ? { styles: { input: { fontFamily: 'var(--mono)' } } } : {})}
      value={text}
      error={wrong}
      onChange={(event) => {
        const typed = event.currentTarget.value
        setText(typed)
        try {
          onChange(typed.trim() === '' ? undefined : read(typed))
          setWrong(null)
        } catch (error) {
          setWrong(error instanceof Error ? error.message : String(error))
        }
      }}
    />
  )
}

const linesOf = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)

const pairsOf = (text: string): Values =>
  Object.fromEntries(
    linesOf(text).map((line) => {
      const at = line.indexOf(':')
      if (at < 1) throw new Error(t('setting.pairs_wrong', { line }))
      return [line.slice(0, at).trim(), line.slice(at + 1).trim()]
    }),
  )

const Block = (props: FieldProps) => {
  const { name, schema, value, onChange, required, secrets } = props
  const optional = !required && value === undefined
  if (optional)
    return (
      <div>
        <Button variant="default" onClick={() => onChange({})}>
          {t('setting.set', { name: named('setting', name) })}
        </Button>
      </div>
    )
  return (
    <fieldset className="fields-group">
      <legend>{named('setting', name)}</legend>
      {schema.description !== undefined && <p className="faint">{described(schema.description)}</p>}
      <SettingFields schema={schema} values={valuesOf(value)} onChange={onChange} secrets={secrets} />
      {!required && (
        <div>
          <Button variant="subtle" color="gray" onClick={() => onChange(undefined)}>
            {t('setting.take_out')}
          </Button>
        </div>
      )}
    </fieldset>
  )
}

/** One of several blocks: which one, and then its own settings. */
const OneOf = (props: FieldProps) => {
  const { name, schema, value, onChange, required, secrets } = props
  const variants = (schema.anyOf ?? []).flatMap((each) => {
    const key = variantKey(each)
    return key === null ? [] : [{ key, schema: each }]
  })
  const chosen = variants.find(({ key }) => Object.hasOwn(valuesOf(value), key))
  const inner = chosen?.schema.properties?.[chosen.key]
  return (
    <fieldset className="fields-group">
      <legend>{named('setting', name)}</legend>
      <Select
        aria-label={named('setting', name)}
        description={described(chosen?.schema.description ?? schema.description)}
        placeholder={t('setting.none')}
        clearable={!required}
        clearButtonProps={{ 'aria-label': t('setting.take_out') }}
        data={variants.map(({ key }) => ({ value: key, label: named('setting', key) }))}
        value={chosen?.key ?? null}
        onChange={(key) => onChange(key === null ? undefined : { [key]: {} })}
      />
      {chosen !== undefined && inner?.properties !== undefined && (
        <SettingFields
          schema={inner}
          values={valuesOf(valuesOf(value)[chosen.key])}
          onChange={(next) => onChange({ [chosen.key]: next })}
          secrets={secrets}
        />
      )}
      {chosen !== undefined && inner !== undefined && inner.properties === undefined && (
        <SettingField
          name={chosen.key}
          schema={inner}
          value={valuesOf(value)[chosen.key]}
          onChange={(next) => onChange({ [chosen.key]: next })}
          required
          secrets={secrets}
        />
      )}
    </fieldset>
  )
}

/** One setting, in the way its schema says it is. */
export const SettingField = (props: FieldProps) => {
  const { name, schema, value, onChange, required, secrets } = props
  const common = { label: named('setting', name), description: described(schema.description), required }
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  switch (kindOf(schema)) {
    case 'choice':
      return (
        <Select
          {...common}
          data={[...(schema.enum ?? [])]}
          placeholder={typeof schema.default === 'string' ? schema.default : t('setting.none')}
          clearable={!required}
          clearButtonProps={{ 'aria-label': t('setting.take_out') }}
          value={text === '' ? null : text}
          onChange={(chosen) => onChange(chosen ?? undefined)}
        />
      )
    case 'flag':
      return (
        <Switch
          label={common.label}
          description={common.description}
          checked={(value ?? schema.default ?? false) === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      )
    case 'number':
      return (
        <NumberInput
          {...common}
          {...(schema.minimum === undefined ? {} : { min: schema.minimum })}
          {...(schema.maximum === undefined ? {} : { max: schema.maximum })}
          placeholder={schema.default === undefined ? '' : String(schema.default)}
          value={typeof value === 'number' ? value : text}
          onChange={(next) => onChange(next === '' ? undefined : Number(next))}
        />
      )
    case 'secret':
      return (
        <Autocomplete
          {...common}
          placeholder={t('setting.secret')}
          data={[...secrets]}
          value={text}
          onChange={(next) => onChange(next)}
        />
      )
    case 'long':
      return (
        <Textarea
          {...common}
          autosize
          minRows={2}
          maxRows={10}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )
    case 'text':
      return (
        <TextInput
          {...common}
          placeholder={schema.default === undefined ? '' : String(schema.default)}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )
    case 'lines':
      return <Lines {...props} shown={Array.isArray(value) ? value.join('\n') : ''} read={linesOf} />
    case 'pairs':
      return (
        <Lines
          {...props}
          mono
          shown={Object.entries(valuesOf(value))
            .map(([key, each]) => `${key}: ${String(each)}`)
            .join('\n')}
          read={pairsOf}
        />
      )
    case 'block':
      return <Block {...props} />
    case 'one_of':
      return <OneOf {...props} />
    case 'other':
      return <Lines {...props} mono shown={value === undefined ? '' : configText(value)} read={readConfig} />
  }
}

/** All settings of a schema: those that must be said and those that are, then the others. */
export const SettingFields = (props: {
  readonly schema: Schema
  readonly values: Values
  readonly onChange: (values: Values) => void
  readonly secrets: readonly string[]
}) => {
  const { schema, values, onChange, secrets } = props
  const required = new Set(schema.required ?? [])
  const all = Object.entries(schema.properties ?? {})
  // What was set when the form was opened stays where it is while one types.
  const [first] = useState(
    () => new Set(all.map(([name]) => name).filter((name) => required.has(name) || Object.hasOwn(values, name))),
  )
  const isShort = all.length <= 4
  const field = ([name, each]: readonly [string, Schema]) => (
    <SettingField
      key={name}
      name={name}
      schema={each}
      value={values[name]}
      onChange={(value) => onChange(withValue(values, name, value))}
      required={required.has(name)}
      secrets={secrets}
    />
  )
  const rest = all.filter(([name]) => !isShort && !first.has(name))
  return (
    <div className="fields-form">
      {all.filter(([name]) => isShort || first.has(name)).map(field)}
      {rest.length > 0 && (
        <details>
          <summary>{t('setting.more', { n: rest.length })}</summary>
          <div className="fields-form">{rest.map(field)}</div>
        </details>
      )}
    </div>
  )
}
