/** Words that made-up persons are made of. Common names in no particular order; places and surnames are put together. */

const words = (text: string): readonly string[] => text.trim().split(/\s+/)

export const GIVEN_MALE =
  words(`john william thomas james george henry robert charles edward richard joseph arthur david
samuel alexander frederick walter alfred francis albert peter daniel benjamin hugh philip patrick michael andrew ernest
stephen edmund harold christopher matthew nicholas herbert percy reginald lawrence gilbert anthony ralph cecil simon
archibald roger leonard edgar martin jonathan isaac abraham theodore augustus nathaniel ambrose cuthbert`)

export const GIVEN_FEMALE = words(`mary elizabeth anne jane margaret sarah catherine alice frances dorothy charlotte
florence eleanor emily helen caroline edith harriet isabella grace louisa martha susan lucy ellen emma katherine agnes
ethel maria beatrice amelia constance winifred rebecca hannah rosamund penelope`)

export const SHORT: Readonly<Record<string, readonly string[]>> = {
  john: ['jack', 'johnny'],
  william: ['bill', 'will', 'billy'],
  thomas: ['tom', 'tommy'],
  james: ['jim', 'jimmy'],
  henry: ['harry', 'hal'],
  robert: ['bob', 'rob'],
  charles: ['charlie'],
  edward: ['ted', 'ned', 'eddie'],
  richard: ['dick', 'rick'],
  joseph: ['joe'],
  frederick: ['fred'],
  alexander: ['alec', 'sandy'],
  samuel: ['sam'],
  elizabeth: ['betty', 'lizzie', 'bess'],
  margaret: ['maggie', 'peggy'],
  mary: ['molly', 'polly'],
  catherine: ['kate', 'kitty'],
  frances: ['fanny'],
  florence: ['flo'],
  harriet: ['hattie'],
}

export const SURNAME_STARTS = words(`ash bar beck bel birch black bran brid brom bur cal car chat clif cob cole cran
crom dal den dray dun east edge el fair fen field for gar gil glan gran hal ham har hart haw hol hun kel kirk lang law
leigh lin lock long mal mar mel mid mor new nor oak old pem pen pres rad red ridge rock ros row sand sel shel sher south
stan stoke sum sut thorn tre wal war web well wen west whit wil win wood`)

export const SURNAME_ENDS = words(`ton ley field ford well wood worth ham by man son ridge ing er s don land bury ster
more dale`)

export const TOWN_STARTS =
  words(`alder ban bath bed bish black bos brad bright bur cam can chel ches col cor dar der dor
dur ely ex fal glou guil hali har hast here hunt ips ken lan lei lin lud maid man new nor not oak ox peter ply ports pres
read roch sal sedge shef shrews somer staf stock swin taun tor tru wake wal war wells win wolver wor yar`)

export const TOWN_ENDS = words('ton ford mouth minster hampton bridge stead')

export const OCCUPATIONS = words(`politician writer painter cricketer soldier priest lawyer physician engineer actor
composer architect naval-officer botanist journalist footballer mathematician chemist engraver merchant poet historian
musician sculptor judge diplomat explorer astronomer printer banker surgeon geologist illustrator brewer clockmaker
teacher philosopher gardener dramatist photographer`)
