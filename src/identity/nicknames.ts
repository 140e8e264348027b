/**
 * Short forms of given names in English-speaking countries. Compiled by hand for Millrace from common knowledge;
 * no list was copied. The first word of a line is the full form; the rest are said for it. A word may stand in several
 * lines (`al`: Albert, Alfred, Alan), and two words are nicknames of each other where some line holds both.
 */

const LINES = `
abigail abby abbie gail
abraham abe bram
adam ad addie
adelaide addie ada heidi
agnes aggie nessie
albert al bert bertie
alexander alex alec sandy xander sasha lex al
alexandra alex sandra alexa lexi sasha sandy
alfred alf alfie fred freddie al
alice allie ali alicia
alison ali allie
amanda mandy amy
amelia amy millie emily
andrew andy drew andie
angela angie ange
ann anne annie anna nan nancy nanny hannah
anthony tony ant antony
antonia toni tonia
archibald archie baldie
arthur art artie
augustus gus august
barbara barb barbie babs bab
bartholomew bart bat
beatrice bea trixie bee
benedict ben
benjamin ben benny benji benjie
bernard bernie barney
bertram bert bertie
bradley brad
bridget biddy bridie
caroline carrie carol caro lina
catherine kate katie cathy kathy kitty kit cat katherine kathryn katharine kathleen cath kath
cecilia cissy celia cis
charles charlie chas chuck charley carl
charlotte lottie charlie lotte char
christian chris kit
christina chris tina chrissy christine kristina christy
christopher chris kit topher kris christy
clara clare claire
clarence clarrie
clement clem
clifford cliff
constance connie
cornelius con neil corny
cynthia cindy
daniel dan danny
david dave davy davey
deborah deb debbie debra
dennis den denny
dominic dom nick
donald don donnie
dorothy dot dolly dottie dora dolly
douglas doug
ebenezer eben
edgar ed eddie
edmund ed eddie ned ted
edward ed eddie ned ted teddy
edwin ed eddie
eleanor nell nellie ellie nora elinor ella lenore
elizabeth liz beth betty lizzie bess bessie eliza betsy elsie libby elisabeth liza lisa ellie lily
ellen nell nellie nelly helen
emily emmy em millie
emma em emmy
ernest ernie
esther essie hester hetty
eugene gene
evelyn eve evie
ezekiel zeke
florence flo flossie florrie
frances fran fanny frankie fannie francie
francis frank fran frankie
franklin frank
frederick fred freddie fritz freddy frederic rick
gabriel gabe
gabrielle gabby
geoffrey jeff geoff jeffrey
george georgie geordie
georgina georgie gina
gerald gerry jerry
gerard gerry jerry
gertrude gertie trudy
gilbert gil bert
grace gracie
gregory greg
gwendoline gwen
hannah annie nan
harold harry hal
harriet hattie harrie hetty
harrison harry
helen nell nellie ellen lena
henrietta hetty etta henny
henry harry hal hank harri
herbert bert herb bertie
horace horry
hubert bert hugh
hugh hughie huw
ignatius iggy
isaac ike zac
isabella bella isabel bell izzy isobel ella isabelle tibbie
jacob jake jack
jacqueline jackie
james jim jimmy jamie jem jimmie jas
jane janie jenny jean janet jennie
janet jan jenny jessie nettie
jasmine jazz
jeffrey jeff
jemima mima
jennifer jen jenny jenn
jeremiah jerry
jeremy jerry jem
jessica jess jessie
joan joanie jo
joanna jo joanne
john jack johnny jock jon ian johnnie
jonathan jon jonny nathan
joseph joe joey jos
josephine jo josie josey
joshua josh
judith judy
julia julie jill
julian jules
katherine kate katie kathy kitty kit kathryn katharine
kenneth ken kenny
kimberly kim
lawrence larry laurie laurence lance
leonard len leo lenny
leopold leo
lewis lew louis louie
lillian lily lil lilian
louisa lou louise lulu
lucy lucinda lucille lu
lydia liddy
madeline maddie madeleine
magdalene magda lena
malcolm mal
margaret maggie meg peggy madge daisy greta marge margie rita molly meggie may
maria mary marie mia
marjorie marge margery
martha mattie patty
martin marty
mary molly polly may mamie maria marie mae minnie
matilda tilly maud mattie
matthew matt mat
maurice morris mo
maximilian max
melanie mel
melissa mel lissa missy
michael mike mick mickey micky mitch
michelle shelly
mildred millie
miranda mandy
miriam mim mimi
montague monty
mortimer mort
nathaniel nat nathan nate
nicholas nick nicky nicolas colin klaus
nicola nicky nikki
norman norm
oliver ollie noll
olivia liv livvy
oswald ossie oz
pamela pam
patricia pat patty tricia trish patsy
patrick pat paddy
penelope penny
percival percy
peter pete
philip phil pip phillip
philippa pip pippa
phineas finn
phoebe feeb
prudence prue
rachel rach rae
randolph randy
raymond ray
rebecca becky becca beck
reginald reg reggie rex
richard dick rick richie rich dickie ricky
robert bob rob bobby robbie bert robin bobbie
roderick rod roddy
rodney rod
roger rog hodge
roland rollie rowland
ronald ron ronnie
rosamund ros rose
rose rosie rosa
rosemary rosie rose
rudolph rudy rolf
rupert rup
russell russ
samantha sam sammy
samuel sam sammy
sarah sally sadie sal sara
sebastian seb bastian
sidney sid sydney
simon si
solomon sol solly
sophia sophie sophy
stanley stan
stephanie steph stevie
stephen steve steven stevie
stuart stu stewart
susan sue susie suzy susanna susannah sukey suzanne
sylvester sly
sylvia sylvie
tabitha tabby
terence terry
thaddeus thad
theodore ted theo teddy
theodora dora thea
theresa terry tess tessa teresa tracy
thomas tom tommy thom tam
timothy tim timmy
tobias toby
valentine val
valerie val
veronica ronnie vera
victor vic
victoria vicky tori vic
vincent vince vin
virginia ginny
vivian viv
walter walt wally wat
wilfred wilf will fred
wilhelmina mina minnie wilma
william will bill billy willie willy wm liam
winifred winnie freda
winston win
zachary zac zach zack
`

const groupsOf: ReadonlyMap<string, ReadonlySet<number>> = (() => {
  const groups = new Map<string, Set<number>>()
  for (const [index, line] of LINES.trim().split('\n').entries())
    for (const name of line.split(' ')) groups.set(name, (groups.get(name) ?? new Set()).add(index))
  return groups
})()

/** Whether two given names, in small letters, are said for the same name. */
export const areNicknames = (a: string, b: string): boolean => {
  const groupsA = groupsOf.get(a)
  const groupsB = groupsOf.get(b)
  if (!groupsA || !groupsB) return false
  for (const group of groupsA) if (groupsB.has(group)) return true
  return false
}

const fullForms: ReadonlyMap<string, string> = (() => {
  const forms = new Map<string, string>()
  for (const line of LINES.trim().split('\n')) {
    const [full = '', ...short] = line.split(' ')
    forms.set(full, forms.get(full) ?? full)
    for (const name of short) if (!forms.has(name)) forms.set(name, full)
  }
  // A short form of a short form (nan → ann → …) ends at one that is said for itself.
  for (const [name, full] of forms) forms.set(name, forms.get(full) ?? full)
  return forms
})()

/** The name that others are said for, one for each; itself where none is known. For blocking, not for judging. */
export const fullFormOf = (name: string): string => fullForms.get(name) ?? name
