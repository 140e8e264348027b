import { Button, CopyButton } from '@mantine/core'
import { t } from '../text.ts'

/** Puts a text where it can be pasted from, and says so. */
export const Copy = ({ value, label = t('action.copy') }: { readonly value: string; readonly label?: string }) => (
  <CopyButton value={value}>
    {({ copied, copy }) => (
      <Button variant="default" onClick={copy}>
        {copied ? t('action.copied') : label}
      </Button>
    )}
  </CopyButton>
)

/** A text of one line to be copied; `shown`, where it is easier read another way. */
export const CopyLine = ({ value, shown = value }: { readonly value: string; readonly shown?: string }) => (
  <div className="row">
    <pre className="code grow">{shown}</pre>
    <Copy value={value} />
  </div>
)
