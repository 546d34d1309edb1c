# packages: git
# programs: /usr/bin/git
# kind: light
# part: a repository is made, changed, merged, packed, cloned over a path, checked
export GIT_EXEC_PATH="$ROOT/usr/lib/git-core" GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
git init -q one
cd one
for index in 1 2 3 4 5; do
    seq "$index" 400 >"file$index"
    git add .
    git commit -q -m "number $index"
done
git checkout -q -b side HEAD~2
echo side >>file1
git commit -q -a -m side
git merge -q master -m merged || true
git log --stat --graph | tail -n 5
git diff HEAD~1 | wc -l
git blame file1 | tail -n 1
git stash list
git tag -a -m tag one
git grep -n 399 | wc -l
git archive HEAD | wc -c
git bundle create ../bundle HEAD || true
git pack-refs --all
git pack-objects --all --threads=2 /session/pack </dev/null || true
git fsck || true
git worktree add ../two master || true
git status --porcelain
git clone -q --no-local ../one ../three || true
git clone -q ../one ../four || true
