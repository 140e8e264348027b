import { createTheme, defaultVariantColorsResolver, type MantineColorsTuple } from '@mantine/core'
import { t } from './text.ts'

const mill: MantineColorsTuple = [
  '#e6f5f3',
  '#cdebe7',
  '#9bd8d0',
  '#66c4b8',
  '#3ecfbf',
  '#2aa294',
  '#168378',
  '#0f766e',
  '#0b5e57',
  '#084640',
]

const dark: MantineColorsTuple = [
  '#e7eeee',
  '#c4d0d2',
  '#a9b9bd',
  '#8c9da2',
  '#35454a',
  '#263237',
  '#161f22',
  '#12191c',
  '#0e1517',
  '#0c1214',
]

const red: MantineColorsTuple = [
  '#fcebea',
  '#f9d5d2',
  '#f3aaa5',
  '#ec7c75',
  '#ff8d84',
  '#dd473d',
  '#c7362d',
  '#b3261e',
  '#9b1f18',
  '#7f1812',
]

export const theme = createTheme({
  colors: { mill, dark, red },
  primaryColor: 'mill',
  primaryShade: { light: 7, dark: 4 },
  autoContrast: true,
  luminanceThreshold: 0.35,
  fontFamily: 'var(--sans)',
  fontFamilyMonospace: 'var(--mono)',
  defaultRadius: 6,
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '18px' },
  headings: { fontWeight: '600' },
  // What is written on a fill is read on either ground: base.css says in which ink.
  variantColorResolver: (input) => ({
    ...defaultVariantColorsResolver(input),
    ...(input.variant === 'filled' && {
      color:
        input.color === undefined || input.color === input.theme.primaryColor
          ? 'var(--mantine-primary-color-contrast)'
          : 'var(--on-fill)',
    }),
  }),
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'xs' } },
    TextInput: { defaultProps: { size: 'xs' } },
    PasswordInput: { defaultProps: { size: 'sm' } },
    Select: { defaultProps: { size: 'xs' } },
    MultiSelect: { defaultProps: { size: 'xs' } },
    Autocomplete: { defaultProps: { size: 'xs' } },
    NumberInput: { defaultProps: { size: 'xs' } },
    Switch: { defaultProps: { size: 'xs' } },
    Checkbox: { defaultProps: { size: 'xs' } },
    Textarea: { defaultProps: { size: 'xs' } },
    Modal: {
      defaultProps: { centered: true, padding: 20, radius: 10, closeButtonProps: { 'aria-label': t('action.close') } },
    },
    Notification: { defaultProps: { closeButtonProps: { 'aria-label': t('action.close') } } },
    Tooltip: { defaultProps: { openDelay: 350, withArrow: false } },
  },
})
