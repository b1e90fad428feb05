# SPDX-License-Identifier: GPL-2.0
"""Read the corpus of fixes, for run-corpus and run-loaded.

A fix is a file corpus/NAME.patch: lines "Field: value", a line "---", and a diff. A
field may be repeated. "Field CONFIG: value" is for that configuration of the kernel, and
then counts instead. The fields are:

  Kind       what kind of change it is, in words
  Verdict    built, refused, or nothing (no function has to be replaced)
  Functions  built: the functions that are replaced, all and only these, as
             OBJECT:NAME; vmlinux if there is no OBJECT. a|b: one of the two names
  Gone       built: the functions that are gone, and that tasks may be in; the same form
  Reason     refused: an extended regular expression that the message matches
  Warning    the same for a warning that must be given
  Silent     the same for a warning that must not be given
  Only       the configurations that the fix is for; all, if it is missing
  Stuck      built: why it is not loaded, but only built
  Load       modules that are loaded before the patch, in the guest
  Late       a module that is loaded after the patch
  Asleep     a function of the kernel, and a shell command that sleeps in it until it is
             killed: the patch must wait for that task, and for no other one
  Show       shell commands that show what the code does
  Before     what they print without the patch: an extended regular expression for
             the whole output, a blank standing for the end of a line
  After      the same with the patch
  Continues  a shell command that compares $BEFORE and $OUT, the two outputs
  Also       a shell command that must succeed, with and without the patch; $STATE
             is "on" with the patch; $MODULE is the name of the patch module

The shell commands may use $P and $S, the folders of the parameters of
test_klp_build_target and test_klp_build_second.
"""
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.normpath(os.path.join(HERE, "../../../.."))
CORPUS = os.path.join(HERE, "corpus")
FIELDS = {"Kind", "Verdict", "Functions", "Gone", "Reason", "Warning", "Silent", "Only", "Stuck",
          "Load", "Late", "Asleep", "Show", "Before", "After", "Continues", "Also",
          "SPDX-License-Identifier"}


class Fix:
    """One fix of the corpus, and what is expected of it"""

    def __init__(self, path, config):
        self.path = path
        self.name = os.path.basename(path)[:-len(".patch")]
        self.fields, special = {}, {}
        with open(path, encoding="utf-8") as file:
            text = file.read()
            for line in text.split("\n"):
                if line.startswith("---"):
                    break
                name, value = line.split(": ", 1)
                name, _, only = name.partition(" ")
                if name not in FIELDS:
                    raise ValueError(f"{path}: unknown field {name}")
                if only in ("", config):
                    (special if only else self.fields).setdefault(name, []).append(value)
            self.fields.update(special)
        self.files = re.findall(r"^(?:---|\+\+\+) [ab]/(\S+)", text, re.M)
        self.verdict = self.one("Verdict")
        self.kind = self.one("Kind")
        if self.verdict not in ("built", "refused", "nothing") or not self.kind:
            raise ValueError(f"{path}: no verdict, or no kind")

    def one(self, name):
        """The value of a field that is there once, or an empty string"""
        return "\n".join(self.fields.get(name, []))

    def words(self, name):
        """All words of a field"""
        return " ".join(self.fields.get(name, [])).split()

    def folders(self):
        """The folders of the files that the diff names"""
        return sorted({os.path.dirname(path) for path in self.files})

    def needs_targets(self):
        """Is it about the modules that are made to be changed?"""
        return bool(self.words("Load")) or any(path.startswith("kernel/livepatch/tests/")
                                               for path in self.files)

    def functions(self):
        """What is replaced: a sorted list of sets of names that stand for each other"""
        result = []
        for word in self.words("Functions"):
            owner, colon, names = word.rpartition(":")
            owner = owner if colon else "vmlinux"
            result.append({f"{owner}:{name}" for name in names.split("|")})
        return result

    def differs(self, replaced):
        """Say how the functions that are replaced differ from what is expected"""
        missing, extra = [], list(replaced)
        for names in self.functions():
            found = next((name for name in extra if name in names), None)
            if found:
                extra.remove(found)
            else:
                missing.append("|".join(sorted(names)))
        text = [f"not replaced: {name}" for name in missing]
        return text + [f"replaced, too: {name}" for name in extra]


def has_targets(config):
    """Has this kernel the modules that are made to be changed?"""
    with open(f"{TOP}/build/{config}/.config", encoding="utf-8") as file:
        return "\nCONFIG_LIVEPATCH_TEST_FUNCTIONS=y\n" in file.read()


def read(config, patterns):
    """All fixes for this configuration whose name matches one of the patterns, if any"""
    fixes, targets = [], has_targets(config)
    for entry in sorted(os.listdir(CORPUS)):
        if not entry.endswith(".patch"):
            continue
        fix = Fix(os.path.join(CORPUS, entry), config)
        only = fix.words("Only")
        if only and config not in only:
            continue
        if not targets and fix.needs_targets():
            continue
        if not patterns or any(re.fullmatch(p, fix.name) for p in patterns):
            fixes.append(fix)
    return fixes
