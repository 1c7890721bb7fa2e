/** At most so many students at once. */
export const MAX_STUDENTS = 200;

/** Short, free of colours (those tell replicas apart), and nothing that one student calls another. */
const ANIMALS = `
  Ant Badger Bat Bear Beaver Bee Beetle Bison Boar Bobcat Buffalo Camel
  Caribou Carp Cat Cheetah Chipmunk Cicada Clam Condor Corgi Coyote Crab Crane
  Cricket Crow Cuckoo Curlew Deer Dingo Dolphin Dormouse Dove Duck Eagle Egret
  Eland Elk Emu Falcon Ferret Finch Firefly Fox Frog Gazelle Gecko Gerbil
  Gibbon Giraffe Gopher Grouse Gull Hamster Hare Hawk Hedgehog Heron Hornet Horse
  Ibex Ibis Iguana Impala Jackal Jaguar Jay Kestrel Kiwi Koala Lark Lemur
  Leopard Lion Llama Lobster Lynx Macaw Magpie Manatee Mantis Marlin Marmot Marten
  Meerkat Merlin Mole Moose Moth Mouse Newt Ocelot Octopus Okapi Orca Osprey
  Ostrich Otter Owl Panda Panther Pelican Penguin Plover Puffin Puma Quail Rabbit
  Raccoon Raven Seal Sparrow Stork Swan Swift Tapir Tiger Toad Toucan Wren`
  .trim()
  .split(/\s+/);

/** Every name there is: nobody writes one, so nobody can write their own. Single animals come first. */
export const NAMES: readonly string[] = [...ANIMALS, ...ANIMALS.map((animal) => `${animal} 2`)];

/** Some names that nobody has, drawn so that a room does not reach for the same; second ones when single animals are short. */
export function drawNames(
  isTaken: (name: string) => boolean,
  count: number,
  random: () => number = Math.random,
): string[] {
  const free = (from: readonly string[]) =>
    shuffled(
      from.filter((name) => !isTaken(name)),
      random,
    );
  const singles = free(NAMES.slice(0, ANIMALS.length));
  return (singles.length >= count ? singles : [...singles, ...free(NAMES.slice(ANIMALS.length))]).slice(
    0,
    count,
  );
}

function shuffled(names: string[], random: () => number): string[] {
  return names
    .map((name) => ({ name, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ name }) => name);
}
