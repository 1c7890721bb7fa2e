/** Where an oracle goes wrong easily. Notation: test/support/history.ts. */
import { testHistories } from './support/history.ts';

testHistories(`
# Legal all the same
a checkout leaves the shopper signed in
  login ann = @ann; add A = A @ann; checkout #k = - @ann c2/k; read = - @ann  =>  .... 0/1
a login carries the cart
  add A = A; login ann = A @ann; read = A @ann  =>  ... 0/1
the order of lines means nothing
  add A = A; add B = B A; read = A B  =>  ... 0/1

# Two tabs
two tabs: of two answers that contradict each other one is accused, and nothing that follows from it
  a< add B; b< add C; b> = C c2; a> = B c1; add D = C D c2; read = C D  =>  .lost-session!.. 1/2
two tabs: after a loss, an answer older than an add beside it does not make that add an intruder
  add A = A; add B = A B; r< read; e< add E; r> = B; d< read; e> = B E; d> = B; read = B E
    =>  ..lost-update!... 1/1
two tabs: after a loss, what an answer shows of the adds beside it is certain
  add A = A; add B = A B; r< read; e< add E; q< set E 3; r> = B; d< read
  e> = B E; q> = B E*3; d> = B E*3; read = B E
    =>  ..lost-update!...stale-read 1/1
two tabs: after a loss, the retry of an old op beside an answer does not excuse that it comes back
  add A = A; add B = A B; add X ?; add X = A B X; remove X = A B; r< read; x< add X; r> = B; d< read
  x> = B; d> = B; read = B X
    =>  ....lost-update!..resurrected 1/1
six tabs: after a fault, more may overtake an answer than can be told apart; the next one is judged again
  b< add B; read = B; f< add F; g< add G; h< add H; i< add I; j< add J; k< add K; b> x; d< read
  f> = B F; g> = B F G; h> = B F G H; i> = B F G H I; j> = B F G H I J; k> = B F G H I J K; d> = B
  read = B F G H I J K; read = B F G H I J K; read = B F G H
    =>  .phantom!.........stale-read 1/1
two tabs: of two adds in flight either may have come first
  a< add A; b< add B; read = A B; b> = B; a> = A B; read = A B  =>  .... 0/1
two tabs: an answer from before the first line says nothing of the cart
  r< read; add A = A; r> = - c0; read = A c1  =>  ... 0/1
two tabs: a late answer about the cart before does not make the next loss a lost session
  add A = A; r< read; checkout #k = - c2/k; add B = B; add C = B C; r> = A c1; read = C c2/k
    =>  .....lost-update! 1/2
two tabs: after a leak the shopper's own lines are judged on
  s2: add X ?; add A = A; r< read; read = A X; r> = -  =>  .leak!stale-read 1/1
two tabs: the second add's answer lacks the first, though it was acknowledged before
  a< add A; b< add B; a> = A; b> = B  =>  .lost-update! 1/1
two tabs: answers may arrive in another order than things happened
  a< add A; b< add B; b> = A B; a> = A; read = A B  =>  ... 0/1
two tabs: a read may be older than the answer before it
  add A = A; r< read; remove A = -; r> = A; read = -  =>  .... 0/1
two tabs: a read may not be older than what was acknowledged before it was sent
  add A = A; r< read; s< read; r> = A; s> = - c1  =>  ..stale-read! 1/1
two tabs: the answer that was under way during a loss is not a second loss
  add A = A; a< read; b< read; a> = - c0; b> = A c1; read = - c0; read = -  =>  .lost-session!... 1/1

# Late arrivals
an add may land before an unknown checkout, another after it
  add Z = Z; add A ?; add B ?; checkout #k ?; read = A c2/k; add B = A; read = A  =>  .... 0/2
an add of unknown outcome lands after the checkout
  add A ?; add B = B; checkout #k = - c2/k; read = A  =>  ... 0/2
an add of unknown outcome lands after the logout
  login ann = @ann; add A ?; logout #k = - c2/k; read = A  =>  ... 0/2
a checkout of unknown outcome lands on the next line
  add A = A; checkout #k ?; add B = A B; read = - c2/k  =>  ... 0/1
an add that was acknowledged cannot land again
  add A ?; add A = A; checkout #k = - c2/k; read = A  =>  ..resurrected! 1/2
an op of unknown outcome takes effect once only
  add A = A; remove A ?; read = -; add B = B; read = B A  =>  ...resurrected! 1/1

# Retries
an op that was only thought to have landed may do so yet once something is known to be wrong
  add A = A; checkout #k ?; read = - c2; add B = B; read = - c0; add C = C c3; checkout #k = - c4/k; read = -
    =>  ...lost-session!... 1/3 undecided 1
a retry may find that its first attempt landed before the loss, and was lost with it
  add A = A; add B ?; read = - c0; add B = -; read = -  =>  .lost-session!.. 1/1
a cart that gets its id only now is no second checkout
  add A = A; checkout #k = - c0/k; add B = B A c2/k  =>  ..resurrected! 1/2
a cart that has no id yet is no second checkout
  add A = A; checkout #k ?; checkout #k = - c0/k; read = A c0/k  =>  ..stale-read! 1/2
the first attempt lands although the second was refused; later it is no phantom
  add A = A; add B ?; add B x; read = A B; remove B = A; add C = A C; read = A B C  =>  ....resurrected! 1/1
an add refused once and acknowledged later is no phantom
  add A x; add A = A; remove A = -; add B = B; read = A B  =>  ...resurrected! 1/1
the state just after a checkout is an old state, unless a late attempt explains it
  add A = A; checkout #k = - c0/k; add B = B c2/k; read = - c0/k  =>  ...stale-read! 1/2
an old cart, born of an old checkout, is no second checkout
  add A = A; checkout #k = - c2/k; add B = B; checkout #m = - c3/m; add C = C; read = B c2/k
    =>  .....lost-session! 1/3
a retry may find its first attempt done
  add A = A; remove A #r ?; remove A #r x; read = -  =>  .. 0/1
a refused add may be tried again
  add A x; add A = A; read = A  =>  .. 0/1
two attempts of unknown outcome are one line
  add A = A; add B ?; add B ?; read = A B B  =>  .duplicate! 1/1
a retried checkout empties the next cart as well
  add A = A; checkout #k ?; checkout #k = - c2/k; add B = B; read = - c3/k  =>  ...duplicate! 1/2
a late checkout empties the next cart, which has no id yet
  add A = A; checkout #k ?; checkout #k = - c0/k; add B = B c2/k; read = - c0/k  =>  ...duplicate! 1/2
the cart born of an old checkout loses a line: no duplicate
  add A = A; checkout #k = - c2/k; add B = B; add C = B C; read = C  =>  ....lost-update! 1/2
the cart born of an old checkout is lost: no duplicate
  add A = A; checkout #k = - c2/k; add B = B; read = - c0  =>  ...lost-session! 1/2
a repeated line is one event however often it is read
  add A ?; add A = A A; read = A A; add B = A A B; read = A A B  =>  duplicate!... 1/1
a repeated line is one event when one of the copies is changed
  add A = A A; set A 2 = A*2 A; read = A*2 A; remove A = -  =>  duplicate!... 1/1

# The same loss again
a lost cart that came back can be replaced again
  add A = A; read = - c0; read = A c1; add B = A B; read = A c3  =>  .lost-session!flap.lost-session 1/1
a lost cart that came back goes on as that cart
  add A = A; read = - c0; read = A c1; add B = A B; read = - c0  =>  .lost-session!flap.lost-session 1/1
a cart emptied and replaced is over
  add A = A; remove A = -; read = - c2; add B = B; read = - c0  =>  ....lost-session! 1/2
a cart whose checkout is seen to have landed is over with the next line
  add A = A; checkout #k ?; read = - c2/k; add B = B; read = - c0  =>  ...lost-session! 1/2
a cart replaced by a stranger's is over
  s2: add X ?; add A = A; read = X c2; add B = B X; read = X  =>  .leak!.stale-read! 2/2
a lost cart that comes and goes is one broken cart
  add A = A; read = - c0; read = A c1; read = - c0; read = A c1  =>  .lost-session!flapflapflap 1/1
two carts take turns: both are broken, each once
  add A = A; add B = B c2; read = A c1; read = B c2; read = A c1
    =>  .lost-session!lost-session!flapflap 2/2
a user that comes and goes is one broken cart
  login ann = @ann; read = -; read = @ann; read = -  =>  .lost-session!flapflap 1/1
a user who signs in again can be lost again
  login ann = @ann; read = - c0; login ann #l = @ann; read = - c0  =>  .lost-session!.lost-session! 2/2
a quantity that comes and goes is one broken cart
  add A = A; set A 2 = A*2; read = A; read = A*2; read = A  =>  ..stale-read!flapflap 1/1
a line is lost, bought lines of the next cart are another matter
  add A = A; add B = A B; read = B; checkout #k = - c2/k; add C = C; read = C  =>  ..lost-update!... 1/2
a second loss in a broken cart is another event, not another cart
  add A = A; add B = A B; add C = A B C; read = A C; read = C  =>  ...lost-update!lost-update 1/1

# The cookie jar
the mark of a dropped cookie explains each loss it causes
  add A = A; add B = A B drop; read = A; add C = A C drop; read = A
    =>  ..cookie-overflow!.cookie-overflow 1/1
the event that a dropped cookie explains does not clear the mark, its own cookie being dropped too
  add A = A; add B = A B drop; add C = A C drop; read = A  =>  ..cookie-overflow!cookie-overflow 1/1
an event that a dropped cookie explains leaves the mark for the next
  add A = A; add B = A B; add C = A B C drop; read = A B; read = A
    =>  ...cookie-overflow!cookie-overflow 1/1
a good answer clears the mark
  add A = A; add B = A B drop; read = A B; read = A  =>  ...stale-read! 1/1

# Names
the acknowledgement of a change shows the line as an older write left it
  add A = A; set A 1 #q = A  =>  .lost-update! 1/1
a write on an old state that also brings a line back is a lost update
  add A = A; add B = A B; remove A = B; add C = A C  =>  ...lost-update! 1/1
an old state is known although two worlds looked alike when it was shown
  add A = A; set A 2 ?; set A 3 = A*3; add B = A*3 B; add C = A*3 B C; read = A*3 B  =>  ....stale-read! 1/1
a line nobody has registered is a phantom, not a leak
  add A = A; read = A X  =>  .phantom! 1/1
a call that failed for certain has shown its line already
  add A = A; b< add B; read = A B; b> x; read = A  =>  ..phantom!. 1/1
somebody else's user
  s2: login bob ?; add A = A; read = A @bob; read = A @bob  =>  .leak!. 1/1
somebody else's cart
  s2: add X = X; s2: read = X; add A = A cart:s2.c1  =>  ..leak! 1/2
somebody else's line comes and goes unpunished once counted
  s2: add X ?; add A = A; read = A X; read = A; read = A X  =>  .leak!.. 1/1
a user name that two shoppers share is nobody else's
  s2: login ann ?; login ann = @ann; read = @ann; s2: read = @ann  =>  ... 0/2
a quantity nobody has written
  add A = A; read = A*2@A  =>  .corrupt! 1/1
a user nobody has asked for
  add A = A; read = A @eve  =>  .phantom! 1/1
signed out, then signed in again by itself
  login ann = @ann; add A = @ann A; logout #k = - c2/k; add B = B @ann  =>  ...resurrected! 1/2
an answer that builds on a state without what was seen
  add A = A; set A 2 = A*2; set A 5 = A*5; add B = A*2 B  =>  ...lost-update! 1/1
without cart ids a lost session looks like the first state
  add A = A c?; read = -  =>  .stale-read! 1/1

# Time to live
a session has lived its time when it was last used that long ago
  add A = A; wait 59970; read = - c0  =>  .expired 0/1
a session has not lived its time one millisecond earlier
  add A = A; wait 59969; read = - c0  =>  .lost-session! 1/1
a broken cart does not expire as well
  add A = A; add B = A B; read = B; wait 60000; read = - c0  =>  ..lost-update!. 1/1
whether a checkout landed or the session expired stays open
  add A = A; checkout #k ?; wait 60000; read = - c0; add B = B c2; read = - c3/k  =>  .... 0/2 undecided 1
an expired cart is excused, its successor is judged
  add A = A; wait 60000; add B = B c2; read = - c2  =>  .expiredstale-read! 1/2
a session lost before its time is not excused
  add A = A; wait 50000; read = - c0  =>  .lost-session! 1/1
a line lost from a session that lived on is not excused
  add A = A; add B = A B; wait 60000; read = A  =>  ..stale-read! 1/1
a stranger's line is not excused by time
  s2: add X ?; add A = A; wait 60000; read = X c2  =>  .leak! 1/1

# Three-valued
the new cart that a lost session left behind is verified like any other
  add A = A; add B = B c2  =>  .lost-session! 1/2 unverified 1
a broken cart is not undecided as well
  add A = A; add B = A B; read = B; remove B ?; read = - c2  =>  ..lost-update!. 1/1
an add nobody looked for afterwards is unverified
  add A = A  =>  . 0/1 unverified 1
a checkout nobody looked for afterwards is unverified
  add A = A; checkout #k = - c2/k  =>  .. 0/1 unverified 1
a read sent before the acknowledgement verifies nothing
  r< read; add A = A; r> = A  =>  .. 0/1 unverified 1
a failed read verifies nothing
  add A = A; read ?; read x  =>  . 0/1 unverified 1
signed out by a logout of unknown outcome, or lost: cannot be told
  login ann = @ann; logout #k ?; read = - c2  =>  .. 0/1 undecided 1
a new cart whose loss a remove explains is undecided once; the next is judged
  add A = A; remove A ?; read = - c2; add B = B; read = - c0  =>  ...lost-session! 1/2 undecided 1
nothing that depends on an op of unknown outcome is accused
  add A = A; set A 2 ?; read = A; read = A*2; remove A ?; read = A*2; read = -  =>  ..... 0/1
an empty anonymous cart may change its id
  read = -; read = - c2; read = - c3  =>  ... 0/0

# Limits
more open calls than can be looked through: this cart is undecided, whatever it shows
  add A = A; add B ?; add C ?; add D ?; add E ?; add F ?; read = A X; read = B; read = -
    =>  .... 0/1 undecided 1
once the open calls are seen to have landed, the next cart is judged again
  add A ?; add B ?; add C ?; add D ?; add E ?; read = A B C D E; checkout #k = - c2/k; add F = F; read = - c0
    =>  ...lost-session! 1/2 undecided 1
more worlds than can be kept: this cart is undecided, the next is judged again
  add A = A; a< read; b< read; c< read; add B = A B; add C = A B C; add D = A B C D; add E = A B C D E
  a> = -; b> = A; c> = A B; read = A; checkout #k = - c2/k; add F = F; read = - c0
    =>  ...........lost-session! 1/2 undecided 1
two slow reads stay within the limit
  add A = A; a< read; b< read; add B = A B; add C = A B C; add D = A B C D
  a> = A; b> = A B; read = A B C D; read = A B D
    =>  .......lost-update! 1/1
`);
