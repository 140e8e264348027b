import { Button, ColorInput, FileButton, Skeleton, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ask } from '../api/client.ts'
import type { BrandingAnswer } from '../api/types.ts'
import { Failed } from '../components/failed.tsx'
import { t } from '../text.ts'

const LOGO_BYTES_MAX = 48 * 1024

const dataOf = (file: File): Promise<string> =>
  new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result))
    reader.onerror = () => reject(reader.error ?? new Error(file.name))
    reader.readAsDataURL(file)
  })

const BrandingForm = ({ kept }: { readonly kept: BrandingAnswer }) => {
  const client = useQueryClient()
  const [name, setName] = useState(kept.name ?? '')
  const [color, setColor] = useState(kept.color ?? '')
  const [logo, setLogo] = useState(kept.logo)
  const [tooLarge, setTooLarge] = useState(false)
  const save = useMutation({
    mutationFn: () =>
      ask('/api/v1/branding', {
        method: 'PUT',
        body: { name: name.trim() || null, color: color || null, logo },
      }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['branding'] })
      notifications.show({ message: t('action.saved') })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  return (
    <form className="card card-body stack narrow" onSubmit={submit}>
      <TextInput
        label={t('branding.name')}
        placeholder="Millrace"
        maxLength={40}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <ColorInput
        label={t('branding.color')}
        description={t('branding.color_hint')}
        size="xs"
        format="hex"
        withEyeDropper={false}
        // Taken out, it stays out: ours is used then.
        fixOnBlur={false}
        value={color}
        onChange={setColor}
      />
      <div className="stack" style={{ gap: 6 }}>
        <strong style={{ fontSize: 12 }}>{t('branding.logo')}</strong>
        <div className="row">
          <img src={logo ?? '/icon.svg'} alt="" width={36} height={36} style={{ borderRadius: 8 }} />
          <FileButton
            accept="image/png,image/svg+xml,image/webp"
            onChange={(file) => {
              if (file === null) return
              setTooLarge(file.size > LOGO_BYTES_MAX)
              if (file.size <= LOGO_BYTES_MAX) void dataOf(file).then(setLogo)
            }}
          >
            {(props) => (
              <Button {...props} variant="default">
                {t('branding.choose')}
              </Button>
            )}
          </FileButton>
          {logo !== null && (
            <Button variant="subtle" color="gray" onClick={() => setLogo(null)}>
              {t('branding.ours')}
            </Button>
          )}
        </div>
        <span className="faint" role="status">
          {tooLarge ? t('branding.too_large') : t('branding.logo_hint')}
        </span>
      </div>
      {save.error !== null && <p role="alert">{save.error.message}</p>}
      <div className="row" style={{ justifyContent: 'flex-end' }}>
        <Button type="submit" loading={save.isPending}>
          {t('action.save')}
        </Button>
      </div>
    </form>
  )
}

/** Name, colour and logo: the console as the tenant's own. */
export const BrandingTab = () => {
  const { data, error, refetch } = useQuery({
    queryKey: ['branding', 'kept'],
    queryFn: () => ask('/api/v1/branding'),
  })
  if (error !== null) return <Failed error={error} onRetry={() => void refetch()} />
  return data === undefined ? <Skeleton height={260} radius={8} /> : <BrandingForm kept={data} />
}
