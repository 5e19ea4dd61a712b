# Makes a small directory tree with what real trees have in rare places: long and odd names, deep
# directories, hard links, symbolic links that lead nowhere.
#
#     cmake -DTREE=/path/of/the/tree -P make-tree.cmake
string(REPEAT "n" 255 long)
string(REPEAT "deep/" 40 deep)

file(MAKE_DIRECTORY ${TREE}/empty ${TREE}/${deep})
foreach(i RANGE 1 200)
    math(EXPR directory "${i} % 7")
    file(WRITE ${TREE}/plain/d${directory}/file-${i} "content ${i}\n")
endforeach()
file(WRITE ${TREE}/${long} "a name of 255 bytes\n")
string(ASCII 195 164 umlaut)
file(WRITE "${TREE}/with blank, quote ' and umlaut ${umlaut}" "odd\n")
file(WRITE ${TREE}/${deep}bottom "far below\n")
foreach(name first second)
    file(REMOVE ${TREE}/empty/${name})
    file(CREATE_LINK ${TREE}/plain/d1/file-1 ${TREE}/empty/${name})
endforeach()
file(CREATE_LINK nowhere/at/all ${TREE}/dangling SYMBOLIC)
file(CREATE_LINK plain ${TREE}/directory-link SYMBOLIC)
