/**
 * The words that people build passwords from: the heads of every published list, without their digits and symbols,
 * which are taken off before comparing. A breach corpus would be larger by millions; this stops the guesses that an
 * online attacker starts with.
 */
export const COMMON_WORDS: readonly string[] = `
password passwort passw0rd passphrase pass passcode motdepasse contrasena wachtwoord haslo parola senha sifre
admin administrator root superuser sysadmin system user username guest test tester testing temp temporary default
changeme change letmein welcome login signin logon access secret secrets private public master service server
account manager office company internet computer windows linux ubuntu debian android apple google amazon
facebook twitter instagram youtube microsoft oracle cisco database mysql postgres redis docker kubernetes jenkins
gitlab github imbi developer support helpdesk security secure demo example sample production staging
qwerty qwertz azerty asdf asdfgh asdfghjkl zxcvbn zxcvbnm qazwsx wsxedc qweasd qweasdzxc zaq1 1qaz 2wsx 3edc
iloveyou loveyou love lovely lover forever sweetheart honey baby babygirl babyboy angel angels princess prince
queen king kingdom dragon monkey tiger lion panther eagle falcon hawk wolf bear dolphin butterfly kitty kitten puppy
horse chicken shadow phoenix unicorn spider spiderman superman batman ironman avengers marvel starwars startrek
pokemon pikachu naruto mario zelda minecraft fortnite warcraft diablo matrix gandalf merlin wizard magic ninja samurai
warrior hunter ranger killer assassin soldier captain pirate cowboy rocket thunder lightning storm hurricane
sunshine sunflower sunny summer winter spring autumn january february march april june july august september october
november december monday tuesday wednesday thursday friday saturday sunday morning evening midnight weekend
football soccer baseball basketball hockey tennis golf rugby cricket yankees lakers cowboys steelers patriots
liverpool arsenal chelsea barcelona realmadrid juventus manchester united
ferrari porsche mercedes corvette mustang camaro harley yamaha honda toyota subaru
michael jennifer jessica jordan michelle daniel andrew joshua matthew anthony ashley nicole robert thomas charlie
george william david james john joseph alexander alexandra samantha amanda stephanie elizabeth hannah sophie martin
maggie buster pepper ginger cookie chocolate banana orange cherry strawberry apple cheese pizza coffee whiskey
diamond silver golden platinum purple yellow black white green blue crystal rainbow flower rose lily jasmine
freedom justice liberty america canada england london paris berlin germany france spain italy russia china japan
australia brazil mexico india texas california florida newyork chicago boston dallas
hello goodbye whatever nothing something anything everything nopassword mypassword
thepassword ourpassword yourpassword newpassword oldpassword letmeinnow openup opensesame sesame abracadabra
please thankyou money dollar million rich lucky winner success power energy passion heaven blessed jesus christ
godbless faith hope peace spirit music guitar piano metallica nirvana slipknot eminem beatles
hacker hacking cracker warez gamer player gameover playstation nintendo xbox laptop keyboard
monitor mouse phone iphone samsung nokia motorola blackberry mobile
`
  .trim()
  .split(/\s+/);

/** Rows of common keyboards and the alphabet: runs along them, either way, are as easy to guess as words. */
export const KEY_ROWS: readonly string[] = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qwertzuiop',
  'yxcvbnm',
  'azertyuiop',
  'qsdfghjklm',
  '!@#$%^&*()',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm',
  'qazwsxedcrfvtgbyhnujm',
];
